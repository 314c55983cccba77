// Checks what the C++ headers promise, type by type.
#include "check.hpp"

int main() {
    check_values();
    check_commands();
    check_client();
    check_server();
    std::puts("C++: values, commands, client and server are as promised");
}
