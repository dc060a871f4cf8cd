// Data that outlives its program: kept by a name in a standing cluster, and read there by others.

public import SwoopElements
import SwoopModel
import SwoopWire

extension Cluster {
    /// Keeps an array in the cluster when this program has ended: its pages stay where they are,
    /// and other programs of this user read them as `remote.kept(name, of: Element.self)`.
    ///
    /// ```swift
    /// try await cluster.keep(sales, as: "sales")
    /// ```
    ///
    /// For a cluster that stands (`swoop up`), until `swoop data free NAME` or `swoop down`. Waits
    /// until all pages are made, and on two nodes where there are two: the loss of one loses
    /// nothing.
    ///
    /// - Parameters:
    ///   - name: letters and digits, and `. _ - / :` behind the first of them.
    ///   - replacing: whether it takes the place of what is kept under this name; else a name that
    ///     is taken is an error.
    /// - Throws: `SwoopError.Code.notKept`; as `ProxyArray.values` where its tasks failed.
    public func keep<Element: PageElement>(
        _ array: ProxyArray<Element>, as name: String, replacing: Bool = false
    ) async throws {
        _ = try catalogue()
        try await array.wait()
        try await keep(array._handle, as: name, KeptType(arrayOf: Element.self), replacing)
    }

    /// Keeps a local array: it is brought into the cluster first.
    public func keep<Element: PageElement>(
        _ elements: [Element], as name: String, replacing: Bool = false
    ) async throws {
        _ = try catalogue()
        let array = try await remotely { $0.array(elements) }
        try await keep(array, as: name, replacing: replacing)
    }

    /// Keeps a value that the cluster has made, for `remote.kept(name, as: Value.self)`.
    public func keep<Value: Sendable>(
        _ value: Proxy<Value>, as name: String, replacing: Bool = false
    ) async throws {
        _ = try catalogue()
        var handle = value._handle
        if handle.task == nil {
            // Arithmetic has no task of its own that could be kept.
            let arithmetic = handle
            handle = try await remotely { $0.recording.settle(arithmetic) }
        }
        if let task = handle.task { try await session.wait(for: task) }
        try await keep(handle, as: name, KeptType(valueOf: Value.self), replacing)
    }

    /// Keeps nothing more under this name; programs that read it now go on.
    ///
    /// - Throws: `SwoopError.Code.notKept` where nothing is kept under it.
    public func free(kept name: String) async throws {
        try await catalogue().wish { session.send(.freeKept(number: $0, [name])) }
    }

    /// What the cluster keeps, in the order of the names; nothing where it ends with this program.
    public var kept: [KeptData] { session.kept?.all.map(KeptData.init) ?? [] }

    private func keep(
        _ handle: _ProxyHandle, as name: String, _ type: KeptType, _ replaces: Bool
    ) async throws {
        guard handle.recording.session === session else {
            throw SwoopError(.invalidPlan, "what is to be kept as \(name) is another cluster's")
        }
        try await catalogue().wish { number in
            session.send(
                .keep(
                    KeepWish(
                        number: number, name: name, type: type, tasks: handle.tasks,
                        replaces: replaces)))
        }
        withExtendedLifetime(handle) {}
    }

    private func catalogue() throws(SwoopError) -> KeptCatalogue {
        guard let kept = session.kept else { throw .keepsNothing }
        return kept
    }
}

/// Something that a standing cluster keeps.
public struct KeptData: Hashable, Sendable, CustomStringConvertible {
    /// What it is kept as.
    public let name: String
    /// The name of its type: of an array, of its elements.
    public let type: String
    /// Whether it is an array; else one value.
    public let isArray: Bool
    /// Elements of the array; 1 for a value.
    public let count: Int
    /// Bytes that it takes, each counted once.
    public let byteCount: Int
    /// The program that kept it.
    public let program: String
    /// Whether every node that had some page of it is lost.
    public let isLost: Bool

    init(_ state: KeptState) {
        name = state.name
        type = state.type.name
        isArray = state.type.isArray
        count = Int(state.elementCount)
        byteCount = Int(state.byteCount)
        program = state.program
        isLost = !state.loss.isEmpty
    }

    /// Name, type and size.
    public var description: String {
        let (name, type) = (PrintableText.line(name), PrintableText.line(type))
        return isLost
            ? "\(name) (lost)"
            : isArray
                ? "\(name): [\(type)] of \(count) elements, \(byteCount) bytes"
                : "\(name): \(type), \(byteCount) bytes"
    }
}
