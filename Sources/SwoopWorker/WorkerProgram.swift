// What the worker needs of the user's program, which only the surface above knows: how functions
// are found and how a run that may call others is told so.

public import SwoopElements

/// A call's way to become a run of its own: given to remote async functions while they run.
public protocol ChildMaker: AnyObject, Sendable {
    /// Whether a core idles that would take a child at once. Cheap: asked at every call.
    var isHungry: Bool { get }

    /// Runs the body as a run of its own, on whatever core is free, and waits for it with this one
    /// given back. Errors are the body's.
    func runChild<R: Sendable>(
        of entry: _RemoteEntry, features: [Double],
        body: nonisolated(nonsending) @Sendable @escaping () async throws -> R
    ) async throws -> R
}

/// The user's program as the worker sees it.
public struct WorkerProgram: Sendable {
    /// The record of a function by its identity; nil: this build has none.
    public var entry: @Sendable (_ identity: String) -> _RemoteEntry?
    /// What addresses of a library that came later are beyond those in its file, with the library
    /// loaded; nil: there is none at this path.
    public var library: @Sendable (_ path: String) -> UInt?
    /// Runs the body in a context where remote calls find their child maker; `isChild` where the
    /// body is that of a function that was called, not its thunk.
    public var within:
        nonisolated(nonsending) @Sendable (
            any ChildMaker, _ isChild: Bool, nonisolated(nonsending) () async throws -> Void
        ) async throws -> Void

    /// Describes a program.
    public init(
        entry: @escaping @Sendable (String) -> _RemoteEntry?,
        library: @escaping @Sendable (String) -> UInt? = { _ in nil },
        within:
            nonisolated(nonsending) @escaping @Sendable (
                any ChildMaker, _ isChild: Bool, nonisolated(nonsending) () async throws -> Void
            ) async throws -> Void
    ) {
        self.entry = entry
        self.library = library
        self.within = within
    }
}
