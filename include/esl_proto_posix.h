/*
 * esl_proto_posix.h: esl_proto.h over POSIX sockets, for blocking programs: connect, log in, run a command and wait for
 * its answer, wait for an event, serve a call.
 *
 *     eslp_posix fs;
 *     eslp_bytes text;
 *     if (eslp_posix_open(&fs, "localhost", "8021", NULL, "ClueCon", 5000) == ESLP_OK) {
 *         if (eslp_posix_api(&fs, "status", 5000, &text) == ESLP_OK) fwrite(text.data, 1, text.len, stdout);
 *         eslp_posix_close(&fs);
 *     }
 *
 * Everything here is static inline: the library has no I/O. It is C99, and C++ from C++11, over getaddrinfo, poll,
 * recv, send and malloc. With a compiler without extensions (-std=c99), include it before other headers, or define
 * _POSIX_C_SOURCE as 200809L.
 *
 * - Every call that may wait takes a time-out in milliseconds, after which it returns ESLP_TIMED_OUT; negative waits
 *   for ever, 0 does not wait. ESLP_TIMED_OUT ends only the wait: a late answer is skipped.
 * - Nothing exits, prints or raises a signal. After ESLP_SYSTEM, `error` is the errno; after ESLP_CLOSED, `end` is the
 *   reason, an eslp_end. Such a connection is over: eslp_posix_close() it.
 * - Results are valid until the next call with the same connection. A connection is for one thread at a time.
 * - While waiting for an answer, events and log lines are kept in order, in memory from malloc, for eslp_posix_event()
 *   and eslp_posix_next(). None is lost; if a program never takes them, they accumulate.
 */
#ifndef ESL_PROTO_POSIX_H
#define ESL_PROTO_POSIX_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "esl_proto.h"

#ifdef __cplusplus
extern "C" {
#endif

/** @cond private */
/* An event or a log line that came while something else was awaited. */
typedef struct eslp_posix_kept {
  struct eslp_posix_kept *next;
  eslp_incoming kind;
  eslp_message message;
} eslp_posix_kept;
/** @endcond */

/** A connection with its socket. Made by eslp_posix_open(), eslp_posix_connect() or eslp_posix_accept(), ended by eslp_posix_close(). */
typedef struct eslp_posix {
  /** The socket, for a program that polls several: when it can be read, call eslp_posix_next() with a time of 0 until
   * ESLP_TIMED_OUT. Not to be read from or written to. */
  int fd;
  /** After ESLP_SYSTEM: the errno. */
  int error;
  /** After ESLP_CLOSED: why. */
  eslp_end end;
  /** Of an outbound connection: the data of its channel, ended by eslp_posix_close(). */
  eslp_event channel;
  /** The connection, for functions of esl_proto.h that only query it. */
  eslp_connection *connection;

  /** @cond private */
  union {
    uint64_t words[ESLP_CONNECTION_SIZE / 8];
    long double aligned;
  } memory;
  char *input, *output, *channel_text;
  size_t input_size, output_size;
  eslp_posix_kept *first, *last, *shown;
  uint64_t run, number;
  /** @endcond */
} eslp_posix;

/* Milliseconds on a clock that never goes back. */
static inline int64_t eslp_posix_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline int64_t eslp_posix_deadline(int timeout) { return timeout < 0 ? INT64_MAX : eslp_posix_now() + timeout; }

/* What is left of the time, as poll() wants it. */
static inline int eslp_posix_left(int64_t deadline) {
  int64_t left;
  if (deadline == INT64_MAX) return -1;
  left = deadline - eslp_posix_now();
  return left < 0 ? 0 : left > 1000000 ? 1000000 : (int)left;
}

static inline eslp_status eslp_posix_failed(eslp_posix *fs) {
  fs->error = errno;
  return errno == ENOMEM ? ESLP_NO_MEMORY : ESLP_SYSTEM;
}

/* Waits until a socket can be read, or written to. */
static inline eslp_status eslp_posix_wait(eslp_posix *fs, int fd, short events, int64_t deadline) {
  for (;;) {
    struct pollfd wanted;
    int ready, left = eslp_posix_left(deadline);
    wanted.fd = fd;
    wanted.events = events;
    wanted.revents = 0;
    ready = poll(&wanted, 1, left);
    if (ready > 0) return ESLP_OK;
    if (ready < 0 && errno != EINTR) return eslp_posix_failed(fs);
    if (ready == 0 && left >= 0 && eslp_posix_left(deadline) == 0) return ESLP_TIMED_OUT;
  }
}

/* Makes a socket one that does not block, is closed in programs that are executed, and raises no signal. */
static inline int eslp_posix_prepare(int fd) {
  int flags = fcntl(fd, F_GETFL);
#ifdef SO_NOSIGPIPE
  int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
  return flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 ? -1 : 0;
}

/** Ends a connection and frees all of its memory. Does nothing if it is zeros or has been closed. */
static inline void eslp_posix_close(eslp_posix *fs) {
  if (!fs->connection) return;
  if (fs->fd >= 0) close(fs->fd);
  while (fs->first) {
    eslp_posix_kept *kept = fs->first;
    fs->first = kept->next;
    free(kept);
  }
  free(fs->shown);
  free(fs->input);
  free(fs->output);
  free(fs->channel_text);
  memset(fs, 0, sizeof *fs);
  fs->fd = -1;
}

/* Begins with a socket that is there; it is closed if that fails. */
static inline eslp_status eslp_posix_begin(eslp_posix *fs, int fd, eslp_role role) {
  eslp_limits limits;
  eslp_status status = ESLP_NO_MEMORY;
  memset(fs, 0, sizeof *fs);
  memset(&limits, 0, sizeof limits);
  /* Frames always come whole: the input grows. */
  limits.max_buffered = SIZE_MAX;
  fs->fd = fd;
  fs->input_size = 16384;
  fs->output_size = 1024;
  fs->input = (char *)malloc(fs->input_size);
  fs->output = (char *)malloc(fs->output_size);
  if (fs->input && fs->output) {
    status = eslp_connection_init(&fs->memory, sizeof fs->memory, role, &limits, fs->input, fs->input_size, fs->output,
                                  fs->output_size, &fs->connection);
  }
  if (status == ESLP_OK) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    fs->run = (uint64_t)now.tv_sec << 30 ^ (uint64_t)now.tv_nsec ^ (uint64_t)getpid() << 40 ^ (uint64_t)fd << 20;
    return ESLP_OK;
  }
  close(fd);
  free(fs->input);
  free(fs->output);
  memset(fs, 0, sizeof *fs);
  fs->fd = -1;
  return status;
}

/* Makes a connected socket to any of the host's addresses. */
static inline eslp_status eslp_posix_dial(eslp_posix *fs, const char *host, const char *port, int64_t deadline, int *fd) {
  struct addrinfo hints, *list = NULL, *address;
  eslp_status status = ESLP_UNKNOWN_HOST;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  *fd = -1;
  if (getaddrinfo(host, port, &hints, &list)) return ESLP_UNKNOWN_HOST;
  for (address = list; address && *fd < 0; address = address->ai_next) {
    int made = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (made < 0 || eslp_posix_prepare(made) < 0) {
      status = eslp_posix_failed(fs);
    } else if (connect(made, address->ai_addr, address->ai_addrlen) == 0) {
      status = ESLP_OK;
    } else if (errno == EINPROGRESS || errno == EINTR) {
      int error = 0;
      socklen_t len = sizeof error;
      status = eslp_posix_wait(fs, made, POLLOUT, deadline);
      if (status == ESLP_OK && getsockopt(made, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error) {
        errno = error;
        status = eslp_posix_failed(fs);
      }
    } else {
      status = eslp_posix_failed(fs);
    }
    if (status == ESLP_OK) *fd = made;
    if (status != ESLP_OK && made >= 0) close(made);
    if (status == ESLP_TIMED_OUT) break;
  }
  freeaddrinfo(list);
  return status;
}

/** Connects to a server's event socket, by IPv4, IPv6 or a name. No login: that is eslp_posix_login(). */
static inline eslp_status eslp_posix_connect(eslp_posix *fs, const char *host, const char *port, int timeout) {
  int fd, error;
  eslp_status status;
  memset(fs, 0, sizeof *fs);
  fs->fd = -1;
  status = eslp_posix_dial(fs, host, port, eslp_posix_deadline(timeout), &fd);
  error = fs->error;
  if (status == ESLP_OK) status = eslp_posix_begin(fs, fd, ESLP_INBOUND);
  fs->error = error;
  return status;
}

/* Sends what waits, as far as the socket takes it without waiting. */
static inline eslp_status eslp_posix_flush(eslp_posix *fs) {
  for (;;) {
    eslp_bytes octets = eslp_connection_to_send(fs->connection);
    ssize_t count;
    if (!octets.len) return ESLP_OK;
#ifdef MSG_NOSIGNAL
    count = send(fs->fd, octets.data, octets.len, MSG_NOSIGNAL);
#else
    count = send(fs->fd, octets.data, octets.len, 0);
#endif
    if (count >= 0) {
      eslp_connection_sent(fs->connection, (size_t)count);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return ESLP_OK;
    } else if (errno == EPIPE || errno == ECONNRESET) {
      /* What the server has said before is still to be read, and why it has ended. */
      eslp_connection_sent(fs->connection, octets.len);
    } else if (errno != EINTR) {
      return eslp_posix_failed(fs);
    }
  }
}

/* Reads what the socket has: ESLP_END at the end of the stream, ESLP_NEED_DATA if there is nothing now. */
static inline eslp_status eslp_posix_receive(eslp_posix *fs) {
  eslp_connection_state state;
  char *spare;
  size_t room;
  ssize_t count;
  eslp_status status = eslp_connection_get_state(fs->connection, &state);
  if (status == ESLP_OK && state.required) {
    size_t size = state.required > 2 * fs->input_size ? state.required : 2 * fs->input_size;
    char *input = (char *)realloc(fs->input, size);
    if (!input) return ESLP_NO_MEMORY;
    fs->input = input;
    fs->input_size = size;
    status = eslp_connection_grow_input(fs->connection, input, size);
  }
  if (status == ESLP_OK) status = eslp_connection_spare(fs->connection, &spare, &room);
  if (status == ESLP_INSUFFICIENT) {
    /* Longer than the library can tell yet. */
    char *input = (char *)realloc(fs->input, 2 * fs->input_size);
    if (!input) return ESLP_NO_MEMORY;
    fs->input = input;
    fs->input_size *= 2;
    status = eslp_connection_grow_input(fs->connection, input, fs->input_size);
    if (status == ESLP_OK) status = eslp_connection_spare(fs->connection, &spare, &room);
  }
  if (status != ESLP_OK) return status;
  do {
    count = recv(fs->fd, spare, room, 0);
  } while (count < 0 && errno == EINTR);
  if (count > 0) return eslp_connection_commit(fs->connection, (size_t)count);
  if (count == 0 || errno == ECONNRESET) return ESLP_END;
  return errno == EAGAIN || errno == EWOULDBLOCK ? ESLP_NEED_DATA : eslp_posix_failed(fs);
}

/* The next thing that comes over the wire. */
static inline eslp_status eslp_posix_read(eslp_posix *fs, int64_t deadline, eslp_client_result *result) {
  for (;;) {
    eslp_status status = eslp_connection_next(fs->connection, result);
    if (result->end != ESLP_END_NONE) fs->end = result->end;
    if (status == ESLP_OK && result->kind == ESLP_IN_GOODBYE) return ESLP_CLOSED;
    if (status != ESLP_NEED_DATA) return status;
    status = eslp_posix_flush(fs);
    if (status == ESLP_OK) status = eslp_posix_receive(fs);
    if (status == ESLP_NEED_DATA) {
      short events = eslp_connection_to_send(fs->connection).len ? POLLIN | POLLOUT : POLLIN;
      status = eslp_posix_wait(fs, fs->fd, events, deadline);
    } else if (status == ESLP_END) {
      eslp_eof eof;
      eslp_connection_eof(fs->connection, &eof);
      fs->end = eof.end;
      return ESLP_CLOSED;
    }
    if (status != ESLP_OK) return status;
  }
}

/* Keeps a copy of an event or a log line for later. */
static inline eslp_status eslp_posix_keep(eslp_posix *fs, const eslp_client_result *result) {
  const eslp_frame *frame = &result->message.frame;
  eslp_posix_kept *kept = (eslp_posix_kept *)malloc(sizeof *kept + frame->head.len + frame->body.len + 1);
  char *octets = (char *)(kept + 1);
  if (!kept) return ESLP_NO_MEMORY;
  kept->next = NULL;
  kept->kind = result->kind;
  kept->message = result->message;
  if (frame->head.len) memcpy(octets, frame->head.data, frame->head.len);
  if (frame->content_type.data) {
    kept->message.frame.content_type.data = octets + (frame->content_type.data - frame->head.data);
  }
  if (frame->head.data) kept->message.frame.head.data = octets;
  octets += frame->head.len;
  if (frame->body.len) memcpy(octets, frame->body.data, frame->body.len);
  if (frame->body.data) kept->message.frame.body.data = octets;
  if (fs->last) fs->last->next = kept;
  if (!fs->first) fs->first = kept;
  fs->last = kept;
  return ESLP_OK;
}

/** Waits for the next message of any kind; first returns those kept while waiting for answers. */
static inline eslp_status eslp_posix_next(eslp_posix *fs, int timeout, eslp_client_result *result) {
  memset(result, 0, sizeof *result);
  if (!fs->connection) return ESLP_BAD_HANDLE;
  free(fs->shown);
  fs->shown = fs->first;
  if (!fs->first) return eslp_posix_read(fs, eslp_posix_deadline(timeout), result);
  fs->first = fs->shown->next;
  if (!fs->first) fs->last = NULL;
  result->kind = fs->shown->kind;
  result->message = fs->shown->message;
  result->id = ESLP_NO_ID;
  return ESLP_OK;
}

/** Waits for the next event; skips log lines and answers that are not waited for. */
static inline eslp_status eslp_posix_event(eslp_posix *fs, int timeout, eslp_event *event) {
  int64_t deadline = eslp_posix_deadline(timeout);
  for (;;) {
    eslp_client_result result;
    eslp_status status = eslp_posix_next(fs, eslp_posix_left(deadline), &result);
    if (status != ESLP_OK) return status;
    if (result.kind == ESLP_IN_EVENT) return eslp_message_event(&result.message, event);
  }
}

/** Sends a command without waiting for its answer, which will carry the id: see eslp_posix_next(). `id` may be NULL. */
static inline eslp_status eslp_posix_send(eslp_posix *fs, const eslp_command *command, uint64_t *id) {
  eslp_sent sent;
  eslp_status status;
  if (!fs->connection) return ESLP_BAD_HANDLE;
  status = eslp_connection_send(fs->connection, command, &sent);
  if (status == ESLP_INSUFFICIENT) {
    size_t size = eslp_connection_to_send(fs->connection).len + sent.len;
    char *output = (char *)realloc(fs->output, size > fs->output_size ? size : fs->output_size);
    if (!output) return ESLP_NO_MEMORY;
    fs->output = output;
    if (size > fs->output_size) fs->output_size = size;
    status = eslp_connection_grow_output(fs->connection, output, fs->output_size);
    if (status == ESLP_OK) status = eslp_connection_send(fs->connection, command, &sent);
  }
  if (id) *id = sent.id;
  return status == ESLP_OK ? eslp_posix_flush(fs) : status;
}

/** Waits for the answer to a command sent with eslp_posix_send(). Events and log lines are kept meanwhile. */
static inline eslp_status eslp_posix_answer(eslp_posix *fs, uint64_t id, int timeout, eslp_message *answer) {
  int64_t deadline = eslp_posix_deadline(timeout);
  if (!fs->connection) return ESLP_BAD_HANDLE;
  for (;;) {
    eslp_client_result result;
    eslp_status status = eslp_posix_read(fs, deadline, &result);
    if (status == ESLP_OK && result.id == id && id != ESLP_NO_ID) {
      *answer = result.message;
      return ESLP_OK;
    }
    if (status == ESLP_OK && (result.kind == ESLP_IN_EVENT || result.kind == ESLP_IN_LOG)) status = eslp_posix_keep(fs, &result);
    if (status != ESLP_OK) return status;
  }
}

/** Runs a command and waits for its answer: see eslp_message_reply_status() and eslp_message_text(). */
static inline eslp_status eslp_posix_command(eslp_posix *fs, const eslp_command *command, int timeout, eslp_message *answer) {
  uint64_t id;
  eslp_status status = eslp_posix_send(fs, command, &id);
  return status == ESLP_OK ? eslp_posix_answer(fs, id, timeout, answer) : status;
}

/* Zeros, but for the kind. */
static inline eslp_command eslp_posix_new_command(eslp_command_kind kind) {
  eslp_command command;
  memset(&command, 0, sizeof command);
  command.kind = kind;
  return command;
}

/** Logs in: with a password, or as a user of the directory, `name@domain`, if `user` is not NULL. */
static inline eslp_status eslp_posix_login(eslp_posix *fs, const char *user, const char *password, int timeout) {
  int64_t deadline = eslp_posix_deadline(timeout);
  const char *at = user ? strrchr(user, '@') : NULL;
  eslp_command login = eslp_posix_new_command(user ? ESLP_COMMAND_USERAUTH : ESLP_COMMAND_AUTH);
  if (!fs->connection) return ESLP_BAD_HANDLE;
  login.as.auth.password = eslp_str(password);
  if (user) {
    login.as.auth.user = eslp_str(user);
    login.as.auth.domain = eslp_str(at ? at + 1 : NULL);
    if (at) login.as.auth.user.len = (size_t)(at - user);
  }
  for (;;) {
    eslp_client_result result;
    eslp_status status = eslp_posix_read(fs, deadline, &result);
    if (status == ESLP_OK && result.kind == ESLP_IN_AUTH_REQUEST) status = eslp_posix_send(fs, &login, NULL);
    if (status != ESLP_OK) return status;
    if (result.kind == ESLP_IN_AUTHENTICATED) return ESLP_OK;
    if (result.kind == ESLP_IN_AUTH_REFUSED || result.kind == ESLP_IN_REJECTED) return ESLP_REFUSED;
  }
}

/**
 * Connects and logs in, as libesl's esl_connect().
 *
 * FreeSWITCH's listen backlog is five connections. A connection that the server's system has dropped from it looks open
 * and is never answered: so a connection that is not asked for a password within a quarter of the time-out (at least a
 * second) is given up and another one is opened, until the time is over. After anything but ESLP_OK there is nothing to
 * close.
 */
static inline eslp_status eslp_posix_open(eslp_posix *fs, const char *host, const char *port, const char *user,
    const char *password, int timeout) {
  int64_t deadline = eslp_posix_deadline(timeout);
  int attempt = timeout < 0 ? 5000 : timeout / 4 > 1000 ? timeout / 4 : 1000;
  for (;;) {
    int left = eslp_posix_left(deadline), error;
    int some = left < 0 || left > attempt ? attempt : left;
    eslp_end end;
    eslp_status status = eslp_posix_connect(fs, host, port, some);
    if (status == ESLP_OK) status = eslp_posix_login(fs, user, password, some);
    if (status == ESLP_OK) return ESLP_OK;
    error = fs->error;
    end = fs->end;
    eslp_posix_close(fs);
    fs->error = error;
    fs->end = end;
    if (status != ESLP_TIMED_OUT || eslp_posix_left(deadline) == 0) return status;
  }
}

/** Runs an API command and waits for its output. */
static inline eslp_status eslp_posix_api(eslp_posix *fs, const char *line, int timeout, eslp_bytes *text) {
  eslp_command command = eslp_posix_new_command(ESLP_COMMAND_API);
  eslp_message answer;
  eslp_value value;
  eslp_status status;
  text->data = NULL;
  text->len = 0;
  command.as.api.line = eslp_str(line);
  status = eslp_posix_command(fs, &command, timeout, &answer);
  if (status == ESLP_OK) status = eslp_message_text(&answer, &value);
  /* What a server says to a command is never coded. */
  return status == ESLP_OK ? eslp_value_plain(&value, text) : status;
}

/** Runs a command and reports only whether it succeeded: ESLP_REFUSED if not. */
static inline eslp_status eslp_posix_run(eslp_posix *fs, const eslp_command *command, int timeout) {
  eslp_message answer;
  eslp_status status = eslp_posix_command(fs, command, timeout, &answer);
  if (status != ESLP_OK) return status;
  return eslp_message_reply_status(&answer) == ESLP_REPLY_OK ? ESLP_OK : ESLP_REFUSED;
}

/** Subscribes to events, as a person types them: `CHANNEL_ANSWER CUSTOM sofia::register`. */
static inline eslp_status eslp_posix_events(eslp_posix *fs, eslp_format format, const char *names, int timeout) {
  eslp_command command = eslp_posix_new_command(ESLP_COMMAND_EVENT);
  command.as.event.names = eslp_str(names);
  command.as.event.format = format;
  return eslp_posix_run(fs, &command, timeout);
}

/** Adds a filter: only events arrive in which this header has this value, or which match another filter. */
static inline eslp_status eslp_posix_filter(eslp_posix *fs, const char *header, const char *value, int timeout) {
  eslp_command command = eslp_posix_new_command(ESLP_COMMAND_FILTER_ADD);
  command.as.filter.header = eslp_str(header);
  command.as.filter.value = eslp_str(value);
  return eslp_posix_run(fs, &command, timeout);
}

/* Waits for the event in which this header is the name that was given to a job or an application. Others are kept. */
static inline eslp_status eslp_posix_named(eslp_posix *fs, const char *header, uint64_t number, int64_t deadline, eslp_event *event) {
  for (;;) {
    eslp_client_result result;
    eslp_value name;
    uint64_t found;
    eslp_status status = eslp_posix_read(fs, deadline, &result);
    if (status != ESLP_OK) return status;
    if (result.kind == ESLP_IN_EVENT && eslp_message_event(&result.message, event) == ESLP_OK &&
        eslp_event_get(event, eslp_str(header), &name) == ESLP_OK && eslp_tag_number(&name, fs->run, &found) == ESLP_OK &&
        found == number) {
      eslp_event_name kind = eslp_event_name_of(event);
      if (kind == ESLP_EVENT_BACKGROUND_JOB || kind == ESLP_EVENT_CHANNEL_EXECUTE_COMPLETE) return ESLP_OK;
    }
    if (result.kind == ESLP_IN_EVENT || result.kind == ESLP_IN_LOG) status = eslp_posix_keep(fs, &result);
    if (status != ESLP_OK) return status;
  }
}

/**
 * Runs an API command in the background and waits until it has ended: `event` is its BACKGROUND_JOB, whose body is the
 * output. The connection must be subscribed to that event.
 */
static inline eslp_status eslp_posix_job(eslp_posix *fs, const char *line, int timeout, eslp_event *event) {
  int64_t deadline = eslp_posix_deadline(timeout);
  eslp_command command = eslp_posix_new_command(ESLP_COMMAND_BGAPI);
  char name[ESLP_TAG_LEN];
  eslp_status status = eslp_tag(fs->run, ++fs->number, name, sizeof name);
  command.as.api.line = eslp_str(line);
  command.as.api.job_uuid.data = name;
  command.as.api.job_uuid.len = sizeof name;
  if (status == ESLP_OK) status = eslp_posix_send(fs, &command, NULL);
  return status == ESLP_OK ? eslp_posix_named(fs, "Job-UUID", fs->number, deadline, event) : status;
}

/**
 * Executes an application on a channel and waits until it has ended: `event` is its CHANNEL_EXECUTE_COMPLETE. `uuid` is
 * NULL for the channel of an outbound connection, which is subscribed to that event by `myevents`; an inbound one must
 * be, too.
 *
 * ESLP_REFUSED if there is no such channel.
 */
static inline eslp_status eslp_posix_execute(eslp_posix *fs, const char *uuid, const char *application, const char *argument,
    int timeout, eslp_event *event) {
  int64_t deadline = eslp_posix_deadline(timeout);
  eslp_command command = eslp_posix_new_command(ESLP_COMMAND_SENDMSG);
  char name[ESLP_TAG_LEN];
  eslp_status status = eslp_tag(fs->run, ++fs->number, name, sizeof name);
  command.as.sendmsg.uuid = eslp_str(uuid);
  command.as.sendmsg.call = ESLP_CALL_EXECUTE;
  command.as.sendmsg.event_lock = 1;
  /* So that the answer does not wait for the end, and the end of the wait is the event's in all modes. */
  command.as.sendmsg.run_async = 1;
  command.as.sendmsg.execute.app = eslp_str(application);
  command.as.sendmsg.execute.arg = eslp_str(argument);
  command.as.sendmsg.execute.event_uuid.data = name;
  command.as.sendmsg.execute.event_uuid.len = sizeof name;
  if (status == ESLP_OK) status = eslp_posix_run(fs, &command, eslp_posix_left(deadline));
  return status == ESLP_OK ? eslp_posix_named(fs, "Application-UUID", fs->number, deadline, event) : status;
}

/** Listens for calls that a dialplan's `socket` application sends: `host` is NULL for all addresses. `error`, the errno, may be NULL. */
static inline eslp_status eslp_posix_listen(const char *host, const char *port, int *listener, int *error) {
  struct addrinfo hints, *list = NULL, *address;
  int made = -1, why = 0, on = 1;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  *listener = -1;
  if (error) *error = 0;
  if (getaddrinfo(host, port, &hints, &list)) return ESLP_UNKNOWN_HOST;
  for (address = list; address && *listener < 0; address = address->ai_next) {
    made = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (made >= 0 && eslp_posix_prepare(made) == 0 &&
        setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
        bind(made, address->ai_addr, address->ai_addrlen) == 0 && listen(made, SOMAXCONN) == 0) {
      *listener = made;
    } else {
      why = errno;
      if (made >= 0) close(made);
    }
  }
  freeaddrinfo(list);
  if (error) *error = why;
  return *listener >= 0 ? ESLP_OK : ESLP_SYSTEM;
}

/* Keeps the data of the channel that `connect` was answered with. */
static inline eslp_status eslp_posix_take_channel(eslp_posix *fs, const eslp_message *answer) {
  eslp_status status = eslp_message_event(answer, &fs->channel);
  if (status != ESLP_OK) return status;
  fs->channel_text = (char *)malloc(fs->channel.text.len + 1);
  if (!fs->channel_text) return ESLP_NO_MEMORY;
  memcpy(fs->channel_text, fs->channel.text.data, fs->channel.text.len);
  fs->channel.text.data = fs->channel_text;
  return ESLP_OK;
}

/**
 * Starts with a call on an accepted socket, which this connection will close: sends `connect`; `channel` is then the
 * channel's data. After anything but ESLP_OK there is nothing to close.
 */
static inline eslp_status eslp_posix_attach(eslp_posix *fs, int fd, int timeout) {
  eslp_command command = eslp_posix_new_command(ESLP_COMMAND_CONNECT);
  eslp_message answer;
  eslp_status status;
  memset(fs, 0, sizeof *fs);
  fs->fd = -1;
  if (eslp_posix_prepare(fd) < 0) {
    status = eslp_posix_failed(fs);
    close(fd);
    return status;
  }
  status = eslp_posix_begin(fs, fd, ESLP_OUTBOUND);
  if (status == ESLP_OK) status = eslp_posix_command(fs, &command, timeout, &answer);
  if (status == ESLP_OK) status = eslp_posix_take_channel(fs, &answer);
  if (status != ESLP_OK) eslp_posix_close(fs);
  return status;
}

/**
 * Waits for a call. `listener` may be used by several threads at once; to accept the next call without waiting for the
 * `connect` of the previous one, use accept() and eslp_posix_attach().
 */
static inline eslp_status eslp_posix_accept(eslp_posix *fs, int listener, int timeout) {
  int64_t deadline = eslp_posix_deadline(timeout);
  memset(fs, 0, sizeof *fs);
  fs->fd = -1;
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    eslp_status status;
    if (fd >= 0) return eslp_posix_attach(fs, fd, timeout < 0 || timeout > 5000 ? 5000 : timeout);
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ECONNABORTED) return eslp_posix_failed(fs);
    status = eslp_posix_wait(fs, listener, POLLIN, deadline);
    if (status != ESLP_OK) return status;
  }
}

/** For an outbound connection: `myevents` and `linger`, to receive the events of the call, including the last. */
static inline eslp_status eslp_posix_follow(eslp_posix *fs, eslp_format format, int64_t linger_seconds, int timeout) {
  eslp_command follow = eslp_posix_new_command(ESLP_COMMAND_MYEVENTS), linger = eslp_posix_new_command(ESLP_COMMAND_LINGER);
  eslp_status status;
  follow.as.myevents.format = format;
  linger.as.linger_seconds = linger_seconds;
  status = eslp_posix_run(fs, &follow, timeout);
  return status == ESLP_OK ? eslp_posix_run(fs, &linger, timeout) : status;
}

#ifdef __cplusplus
}
#endif

#endif /* ESL_PROTO_POSIX_H */
