// A program in C alone, for machines of another kind.
#include <esl_proto.h>
#include <stdio.h>

int main(void) {
  static const char text[] = "Event-Name: CHANNEL_ANSWER\nUnique-ID: 5fd4%2D02\n\n";
  eslp_bytes bytes = {text, sizeof text - 1};
  eslp_event event;
  eslp_value value;
  char uuid[64];

  if (eslp_abi_version() != ESLP_ABI_VERSION || eslp_event_view(ESLP_FORMAT_PLAIN, bytes, &event) != ESLP_OK ||
      eslp_event_get(&event, ESLP_LIT("unique-id"), &value) != ESLP_OK ||
      eslp_value_string(&value, uuid, sizeof uuid, NULL) != ESLP_OK) {
    return 1;
  }
  bytes = eslp_event_name_text(eslp_event_name_of(&event));
  printf("esl_proto %s: %.*s of %s\n", eslp_version(), (int)bytes.len, bytes.data, uuid);
  return 0;
}
