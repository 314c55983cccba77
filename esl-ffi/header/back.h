#ifdef __cplusplus
}
#endif

#endif /* ESL_PROTO_H */
