// Checks what the C++ headers promise, type by type.
#include "check.hpp"

int main() {
    check_values();
    check_commands();
    check_client();
    check_connection();
    check_server();
    check_dial();
    check_powers();
    check_session();
    std::puts("C++: values, commands, connections and calls are as promised");
}
