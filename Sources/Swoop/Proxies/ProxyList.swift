// Many handles as one collection: what `remote.map` gives.

public import SwoopElements

/// The handles of many values, in the order of what they were made of.
///
/// ```swift
/// let runs = try await cluster.remotely { remote in remote.map(0..<500, simulate) }
/// print(try await runs[7].value, try await runs.values.reduce(0, +))
/// ```
///
/// Dropping the list drops its handles; those that were taken out of it stay.
public struct ProxyList<Value: Sendable>: RandomAccessCollection, Sendable {
    private let proxies: [Proxy<Value>]

    /// A list of handles that there are already.
    public init(_ proxies: some Sequence<Proxy<Value>>) { self.proxies = Array(proxies) }

    /// 0.
    public var startIndex: Int { 0 }
    /// The number of handles.
    public var endIndex: Int { proxies.count }

    /// The handle of one value; traps outside of the list.
    public subscript(position: Int) -> Proxy<Value> { proxies[position] }
}

extension ProxyList: CustomStringConvertible {
    /// The values' type and their number.
    public var description: String { "ProxyList<\(Value.self)>(\(count) values)" }
}

extension ProxyList: RemoteArgument {
    /// All values.
    public typealias _Received = [Value]

    /// Marks the places of the values.
    public func _encodeArgument(into writer: inout ValueWriter) throws(ValueEncodingError) {
        try proxies._encodeArgument(into: &writer)
    }

    /// The count.
    public var _argumentFeature: Double? { Double(count) }
}
