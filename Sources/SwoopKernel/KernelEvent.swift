// What the kernel's machine hears and what it orders.

/// Something that happened.
package enum KernelEvent: Sendable {
    /// The kernel listens.
    case began
    /// A message came.
    case received(KernelChannel, JupyterMessage)
    /// The compiler read a cell's text: its tree, or what it said instead.
    case parsed(cell: Int, tree: JSONValue?, messages: String)
    /// The compiler made a cell's library (nil: it did not), and said this.
    case compiled(cell: Int, library: String?, messages: String)
    /// What the build of a cell's package says while it goes on.
    case packageProgress(cell: Int, text: String)
    /// The build of a cell's package ended (nil: with these messages).
    case packageBuilt(cell: Int, BuiltPackage?, messages: String)
    /// A question about code was answered.
    case answered(number: Int, CodeAnswer)
    /// News of the evaluator.
    case told(EvaluatorNews)
    /// The evaluator printed something.
    case printed(stream: String, text: String)
    /// The evaluator ended, and why, for people.
    case evaluatorEnded(reason: String)
    /// A deadline may have passed.
    case timePassed
}

/// Something to be done.
package enum KernelEffect: Hashable, Sendable {
    /// Send a message; on iopub its topic is its identity.
    case send(KernelChannel, KernelReply)
    /// Have the compiler read a text.
    case parse(cell: Int, text: String, file: String)
    /// Have the compiler make a library.
    case compile(CellSource)
    /// Build a package for a cell.
    case build(cell: Int, PackageWish)
    /// End what the compiler is doing, for a cell or for its package.
    case stopCompiler
    /// Ask SourceKit.
    case ask(CodeQuestion)
    /// Tell the evaluator.
    case order(EvaluatorOrder)
    /// Interrupt the cell that runs in the evaluator.
    case interruptEvaluator
    /// Kill the evaluator.
    case killEvaluator
    /// Start an evaluator.
    case startEvaluator
    /// End the kernel.
    case end
}

/// A message to be sent, without what only the sender knows: its number and the date.
package struct KernelReply: Hashable, Sendable {
    /// Who is to have it, or its topic.
    package let identities: [[UInt8]]
    /// Its `msg_type`.
    package let type: String
    /// The header of the request that it belongs to.
    package let parent: JSONValue
    /// What it says.
    package let content: JSONValue
}
