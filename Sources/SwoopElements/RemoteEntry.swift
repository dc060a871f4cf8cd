// The record of one @Remote function or #remote closure: what a program's linker section leads to.

/// One remote function of a program: its names and its thunk over encoded arguments.
public struct _RemoteEntry: Sendable {
    /// A thunk that never suspends.
    public typealias SyncThunk = @Sendable (inout _CallContext) throws -> Void
    /// A thunk that may suspend; stays on its caller's executor.
    public typealias AsyncThunk =
        nonisolated(nonsending) @Sendable (inout _CallContext) async throws -> Void

    /// The thunk: decodes `arguments`, calls the function, encodes its result into `output`.
    public enum Body: Sendable {
        /// Of a function that never suspends.
        case sync(SyncThunk)
        /// Of an async function.
        case async(AsyncThunk)
    }

    /// File id, lexical path, name and signature: the same for one function in every build.
    public let identity: String
    /// A hash of the function's own source text.
    public let fingerprint: UInt64
    /// The file as the compiler's `#fileID` names it.
    public let file: String
    /// The line of the function's name, 1-based.
    public let line: Int
    /// What each run takes, as declared.
    public let needs: _RemoteNeeds
    /// The thunk.
    public let body: Body

    /// Describes one function; called by macro-made code.
    public init(
        identity: String, fingerprint: UInt64, file: String, line: Int,
        needs: _RemoteNeeds = _RemoteNeeds(), body: Body
    ) {
        self.identity = identity
        self.fingerprint = fingerprint
        self.file = file
        self.line = line
        self.needs = needs
        self.body = body
    }

    /// Whether the function is async.
    public var isAsync: Bool {
        switch body {
        case .sync: false
        case .async: true
        }
    }
}
