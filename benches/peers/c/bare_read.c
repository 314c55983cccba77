/* No client at all: a bare `read` of the same stream into the same buffer: PORT EVENTS. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **arguments) {
    if (count != 3) return 2;
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    server.sin_port = htons((uint16_t)atoi(arguments[1]));
    static char in[1 << 16];
    static const char said[] = "auth ClueCon\n\nevent plain ALL\n\n";
    long octets = 0;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&server, sizeof server) != 0) return 1;
    if (write(fd, said, sizeof said - 1) != sizeof said - 1) return 1;
    for (ssize_t received; (received = read(fd, in, sizeof in)) > 0;) octets += received;
    printf("%ld\n", octets);
}
