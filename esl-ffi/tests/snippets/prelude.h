// What the snippets stand on: the socket layer.
#include <esl_proto_posix.h>
#include <stdio.h>
