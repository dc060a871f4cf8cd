// Parts of a value that is still in the cluster: an element of a list, a property of a record. Each
// is a task that reads the whole and leaves the part, so that only the part travels.

public import SwoopElements
import SwoopModel

extension Proxy {
    /// An element of the list; an index outside of it is an error of the element.
    @inlinable
    public subscript<Element: RemoteValue>(_ index: Int) -> Proxy<Element>
    where Value == [Element] {
        var fields = ValueWriter()
        index.encode(into: &fields)
        return Proxy<Element>(
            _handle: _part(
                of: _handle, _kernel(ListElementKernel<Element>.self), fields, "[\(index)]"))
    }

    /// The number of elements of the list.
    @inlinable
    public func count<Element: RemoteValue>() -> Proxy<Int> where Value == [Element] {
        Proxy<Int>(
            _handle: _part(
                of: _handle, _kernel(ListCountKernel<Element>.self), ValueWriter(), "count"))
    }

    /// A property of a record: `best.score`.
    @inlinable
    public subscript<F: _PropertyFunction>(
        dynamicMember property: KeyPath<Value._Properties, F>
    ) -> Proxy<F.Output>
    where
        Value: _PropertyHolder & RemoteValue, F.Input == Value, F.Output: RemoteValue
    {
        Proxy<F.Output>(
            _handle: _part(of: _handle, _kernel(PropertyKernel<F>.self), ValueWriter(), F._name))
    }
}

extension Proxy {
    /// The list as a stored collection, for what such a one can do: `sales.top(10, by:
    /// \.amount).stored().map(\.shop)`.
    @inlinable
    public func stored<Element: PageElement>() -> ProxyArray<Element> where Value == [Element] {
        ProxyArray<Element>(
            _handle: _part(
                of: _handle, _kernel(ListPagesKernel<Element>.self), ValueWriter(), "stored",
                isPage: true))
    }

    /// Writes each element of the list as a row of a table: see `Chain.saved(asCSV:)`.
    ///
    /// - Parameter parts: with `.one` one file of this very name.
    @inlinable
    public func saved<Row: CSVCells & PageElement>(
        asCSV path: String, header: [String]? = nil, separator: Character = ",",
        parts: SavedParts = .many, replacing: Bool = false
    ) -> SavedFiles where Value == [Row] {
        stored().saved(
            asCSV: path, header: header, separator: separator, parts: parts, replacing: replacing)
    }

    /// Writes each element of the list as a line of text: see `Chain.saved(asText:)`.
    @inlinable
    public func saved<Line: TextLine & PageElement>(
        asText path: String, parts: SavedParts = .many, replacing: Bool = false
    ) -> SavedFiles where Value == [Line] {
        stored().saved(asText: path, parts: parts, replacing: replacing)
    }
}

/// Thrown for an element that a list does not have.
@usableFromInline package struct NoSuchElement: Error, Equatable, Sendable, CustomStringConvertible
{
    /// What was asked for.
    public let index: Int
    /// What there is.
    public let count: Int

    /// Names both.
    public init(index: Int, count: Int) { (self.index, self.count) = (index, count) }

    /// Both, in words.
    public var description: String { "index \(index) of a list of \(count) elements" }
}

/// Gives an element of a list.
@usableFromInline package enum ListElementKernel<Element: RemoteValue>: _Kernel {
    /// Decodes the list, and encodes the element.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var fields = context.fieldsReader
        var arguments = context.argumentsReader
        let index = try Int(decoding: &fields)
        let list = try [Element](decoding: &arguments)
        guard list.indices.contains(index) else {
            throw NoSuchElement(index: index, count: list.count)
        }
        list[index].encode(into: &context.output)
    }
}

/// Writes the elements of a list as a page.
@usableFromInline package enum ListPagesKernel<Element: PageElement>: _Kernel {
    /// Hands on the page.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var arguments = context.argumentsReader
        let list = try [Element](decoding: &arguments)
        var builder = Element._Builder()
        for element in list { builder.append(element) }
        try _emit(&builder, context._host)
        context.producedCount = list.count
    }
}

/// Counts the elements of a list.
@usableFromInline package enum ListCountKernel<Element: RemoteValue>: _Kernel {
    /// Decodes the list, and encodes its count.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var arguments = context.argumentsReader
        try [Element](decoding: &arguments).count.encode(into: &context.output)
    }
}

/// Gives a property of a record.
@usableFromInline package enum PropertyKernel<F: _PropertyFunction>: _Kernel
where F.Input: RemoteValue, F.Output: RemoteValue {
    /// Decodes the record, and encodes the property.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var arguments = context.argumentsReader
        try F()._apply(try F.Input(decoding: &arguments)).encode(into: &context.output)
    }
}

/// Adds a task that makes a part of a value; called by the operations above.
public func _part(
    of whole: _ProxyHandle, _ kernel: _KernelHandle, _ fields: ValueWriter, _ name: String,
    isPage: Bool = false
) -> _ProxyHandle {
    let recording = currentRecording()
    guard whole.recording.session === recording.session else {
        // Outside of every plan's block the value says so, as that of a call does.
        recording.fail(SwoopError(.invalidPlan, "a proxy of another cluster is used in this plan"))
        return _ProxyHandle(recording, task: recording.session.newTask())
    }
    return recording.add(
        function: recording.place(of: kernel, name: name, code: fields.code),
        arguments: [
            .bytes(fields.bytes), recording.encoded(LoopNote(source: .none)), whole.argument,
        ], features: [], output: isPage ? .page : .value)
}
