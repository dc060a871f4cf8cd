// SourceKit of a Swift toolchain, as a library that is loaded when it is needed: a question in
// YAML, an answer in JSON. Only a process of the notebook's kernel uses this.
#ifndef SWOOP_SOURCEKIT_H
#define SWOOP_SOURCEKIT_H

/// Loads SourceKit from a path, once; NULL, or why it cannot be used.
const char *_Nullable swoop_sourcekit_load(const char *_Nonnull path);

/// The answer to a question, which is the caller's to free; NULL: there is none.
char *_Nullable swoop_sourcekit_ask(const char *_Nonnull request);

#endif
