"""From recordings 录音 and chat logs 聊天记录 to conversations 会话 of utterances."""
