/* Takes the place of the heap: a program with this in it that wants some is found out. */
#include <stddef.h>
#include <unistd.h>

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);
void free(void *memory);

static void *found_out(void) {
    static const char said[] = "this program uses the heap\n";
    _exit(write(STDERR_FILENO, said, sizeof said - 1) > 0 ? 9 : 8);
}

void *malloc(size_t size) {
    (void)size;
    return found_out();
}

void *calloc(size_t count, size_t size) {
    (void)count;
    (void)size;
    return found_out();
}

void *realloc(void *memory, size_t size) {
    (void)memory;
    (void)size;
    return found_out();
}

void free(void *memory) {
    if (memory) found_out();
}
