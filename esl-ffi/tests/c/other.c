/* A library with the names of FreeSWITCH's own: they must not meet ours. */
int esl_connect(void);
int esl_recv(void);
int esl_send(void);
int esl_event_serialize(void);
int esl_url_encode(void);

int esl_connect(void) { return 1; }
int esl_recv(void) { return 2; }
int esl_send(void) { return 3; }
int esl_event_serialize(void) { return 4; }
int esl_url_encode(void) { return 5; }
