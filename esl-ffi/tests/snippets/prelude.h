/* What the snippets stand on: the blocking client, as it is, but for its main(). */
#define main client_main
#include "../../examples/client.c"
#undef main
