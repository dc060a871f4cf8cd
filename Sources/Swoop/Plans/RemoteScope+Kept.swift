// What a plan reads of the data that a standing cluster keeps, and how types are compared between
// the programs that keep it and read it.

public import SwoopElements
import SwoopModel
import Synchronization

extension RemoteScope {
    /// An array that another program, or an earlier plan, kept in this standing cluster.
    ///
    /// ```swift
    /// let total = remote.kept("sales", of: Sale.self).map(\.amount).sum
    /// ```
    ///
    /// A name under which nothing is kept, or something of another type, makes the plan fail with
    /// what there is. Types are the same whose names, fields and fields' types are, in whatever
    /// program.
    public func kept<Element: PageElement>(
        _ name: String, of type: Element.Type
    ) -> ProxyArray<Element> {
        ProxyArray(_handle: recording.kept(name, KeptType(arrayOf: type)))
    }

    /// A value that another program, or an earlier plan, kept in this standing cluster.
    public func kept<Value: RemoteValue>(_ name: String, as type: Value.Type) -> Proxy<Value> {
        Proxy(_handle: recording.kept(name, KeptType(valueOf: type)))
    }

    /// A kept value of a `Codable` type.
    @_disfavoredOverload
    public func kept<Value: Codable & Sendable>(
        _ name: String, as type: Value.Type
    ) -> Proxy<Value> {
        Proxy(
            handle: recording.kept(name, KeptType(valueOf: type)),
            decoding: CodableDecoding<Value>.self)
    }
}

extension PlanRecording {
    /// A handle of what is kept under a name; the plan fails where nothing of that type is.
    func kept(_ name: String, _ type: KeptType) -> _ProxyHandle {
        let found: KeptState
        do throws(SwoopError) {
            guard let catalogue = session.kept else { throw .keepsNothing }
            found = try catalogue.find(name, type)
        } catch {
            fail(error)
            return _ProxyHandle(self, tasks: [])
        }
        let tasks = found.sizes.map { _ in session.newTask() }
        state.withLock { state in
            state.part.kept.append(
                KeptUse(
                    kept: found.id, tasks: tasks, output: type.isArray ? .page : .value))
            for (task, size) in zip(tasks, found.sizes) {
                state.alive[task] = 0
                state.keptSizes[task] = _PageSize(
                    byteCount: Int(size.byteCount), count: Int(size.elementCount))
            }
        }
        let handles = tasks.map { _ProxyHandle(self, task: $0) }
        return type.isArray ? join(handles) : handles.first ?? _ProxyHandle(self, tasks: [])
    }
}

extension SwoopError {
    /// The cluster ends with its program.
    static var keepsNothing: SwoopError {
        SwoopError(
            .notKept, "this cluster ends with the program, and keeps nothing",
            advice: "Bring one up that stands (`swoop up HOST…`, or `swoop up local`), and run on "
                + ".connected or .standingOrLocal.")
    }
}

extension KeptType {
    /// Of an array with elements of a type.
    init<Element: PageElement>(arrayOf type: Element.Type) {
        self.init(name: "\(type)", layout: Element._layout.text, isArray: true)
    }

    /// Of one value of a type.
    init<Value>(valueOf type: Value.Type) {
        self.init(name: "\(type)", layout: layoutText(of: type), isArray: false)
    }
}

/// What must be the same of a type in all programs that read its values: the layout where it has
/// one, with the types inside of containers; else the name.
private func layoutText(of type: Any.Type) -> String {
    if let element = type as? any PageElement.Type { return element._layout.text }
    if let container = type as? any LayoutOfParts.Type { return container.layoutText }
    return "\(type)"
}

/// A container that is no page element where its parts are none.
private protocol LayoutOfParts {
    static var layoutText: String { get }
}

extension Dictionary: LayoutOfParts {
    fileprivate static var layoutText: String {
        "dictionary(\(Swoop.layoutText(of: Key.self)), \(Swoop.layoutText(of: Value.self)))"
    }
}

extension Array: LayoutOfParts {
    fileprivate static var layoutText: String { "array(\(Swoop.layoutText(of: Element.self)))" }
}

extension Set: LayoutOfParts {
    fileprivate static var layoutText: String { "set(\(Swoop.layoutText(of: Element.self)))" }
}

extension Optional: LayoutOfParts {
    fileprivate static var layoutText: String {
        "optional(\(Swoop.layoutText(of: Wrapped.self)))"
    }
}
