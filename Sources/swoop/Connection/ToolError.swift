// What stops a command: a sentence that says what to do.

/// A failure that a person is told of.
struct ToolError: Error, CustomStringConvertible {
    /// A sentence, or several.
    let description: String

    init(_ description: String) { self.description = description }
}
