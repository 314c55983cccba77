"""What the drop-in `esl_proto.ESL` stands on."""
