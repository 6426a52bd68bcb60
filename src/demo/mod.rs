//! The practice office: a loopback IMAP and SMTP server with invented mail. The product reaches it only over the socket.
