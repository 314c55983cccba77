// Goes wrong as it is told to, so that the tests can see that the sanitizers look.
#include <esl_proto.hpp>

int main(int count, char**) {
    if (count == 1) {
        // Reads from a buffer that is gone.
        auto* memory = new std::string(100, 'x');
        eslp::value value{std::string_view(*memory)};
        delete memory;
        return value.raw()[50];
    }
    // An overflow.
    int number = count + 0x7ffffffe;
    return number == 1;
}
