"""Where SMS providers tell what became of messages and what people have sent: public, so all is checked first."""
