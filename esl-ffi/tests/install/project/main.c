// A program as a user would begin one: C here, C++ in event.cpp.
#include <esl_proto.h>
#include <stdio.h>

int print_event(const char *text, size_t len);

int main(void) {
  static const char stream[] = "Content-Length: 49\nContent-Type: text/event-plain\n\n"
                               "Event-Name: CHANNEL_ANSWER\nUnique-ID: 5fd4%2D02\n\n";
  _Alignas(ESLP_ALIGN) unsigned char memory[ESLP_DECODER_SIZE];
  eslp_decoder *decoder;
  eslp_step step;

  if (eslp_abi_version() != ESLP_ABI_VERSION) {
    return 1;
  }
  if (eslp_decoder_init(memory, sizeof memory, ESLP_FROM_SERVER, NULL, &decoder) != ESLP_OK ||
      eslp_decoder_decode(decoder, stream, sizeof stream - 1, &step) != ESLP_OK) {
    return 1;
  }
  printf("esl_proto %s: ", eslp_version());
  return print_event(step.message.frame.body.data, step.message.frame.body.len);
}
