/** The bytes of a string literal, as an eslp_bytes. */
#ifdef __cplusplus
#define ESLP_LIT(literal) (eslp_bytes{"" literal, sizeof(literal) - 1})
#else
#define ESLP_LIT(literal) ((eslp_bytes){"" literal, sizeof(literal) - 1})
#endif

/** The same as the initialiser of an eslp_bytes, where only a constant may stand: in static tables. */
#define ESLP_INIT(literal) {"" literal, sizeof(literal) - 1}

/** The bytes of a string that is ended by a NUL, without it; nothing if it is NULL. */
static inline eslp_bytes eslp_str(const char *text) {
  eslp_bytes bytes;
  bytes.data = text;
#if !defined(__STDC_HOSTED__) || __STDC_HOSTED__
  bytes.len = text ? strlen(text) : 0;
#else
  for (bytes.len = 0; text && text[bytes.len]; bytes.len++) continue;
#endif
  return bytes;
}
