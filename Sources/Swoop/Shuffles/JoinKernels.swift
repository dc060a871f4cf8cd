// What a join hands to whoever records the plan, and the kernels that make the index of a large
// right side: each of its pages is divided by the hashes of its keys, and each part of the hashes
// is put in order by a task of its own.

public import SwoopElements
import Synchronization

/// A join of two stored collections.
public final class _JoinSpec: Sendable {
    /// The join as the user would write it.
    let name: String
    let left: _ProxyHandle
    let right: _ProxyHandle
    /// A `JoinKeysKernel`, and its fields.
    let keys: _KernelHandle
    let fields: ValueWriter
    /// The `JoinIndexKernel`.
    let index: _KernelHandle
    /// Several loops over the same join share its index.
    let pages = Mutex<[TaskID]?>(nil)

    /// Describes a join.
    @usableFromInline init(
        name: String, _ left: _ProxyHandle, _ right: _ProxyHandle, keys: _KernelHandle,
        fields: ValueWriter, index: _KernelHandle
    ) {
        self.name = name
        self.left = left
        self.right = right
        self.keys = keys
        self.fields = fields
        self.index = index
    }
}

/// Divides the hashes of a page's keys, and the places of its rows.
@usableFromInline
package enum JoinKeysKernel<Key: ElementFunction>: _Kernel
where Key.Input: PageElement, Key.Output: PackedKey {
    /// Writes a page for each part of the hashes; the arguments are the number of the page and how
    /// many bits of a hash choose a part.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var reader = context.fieldsReader
        let key = try Key(_decodingFields: &reader)
        var arguments = context.argumentsReader
        let page = try arguments.read(Int.self)
        let bits = try arguments.read(Int.self)
        guard (0...JoinIndex.partBitsMax).contains(bits), (0..<JoinIndex.pagesMax).contains(page)
        else { throw ValueDecodingError.malformed("parts of a join") }
        var builders = [Pair<UInt64, UInt64>._Builder](repeating: .init(), count: 1 << bits)
        let host = context._host
        try _PagesSource<Key.Input>()._walk(&context) { block, _ in
            let keys = JoinKeys(key, block.columns, count: block.rows.upperBound)
            try keys.forEachHash(in: block.rows) { row, hash in
                builders[JoinIndex.part(of: hash, UInt64(bits))]
                    .append(Pair(hash, _RowPlaces.place(page: page, row: row)))
            }
            return true
        }
        try _write(builders, to: host)
    }
}

/// Puts the rows of one part of the hashes in order.
@usableFromInline package enum JoinIndexKernel: _Kernel {
    /// Writes a part of the index; the fields are how many bits of a hash choose a part.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var reader = context.fieldsReader
        let bits = try reader.read(Int.self)
        try JoinIndex.emit(context.otherInputs, partBits: bits, to: context._host)
    }
}

/// Writes everything that comes out of a source as a page, column by column.
@usableFromInline package enum GatheredPagesKernel<Source: _GatheringSource>: _Kernel {
    /// Hands on one page.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var reader = context.fieldsReader
        try Source(_decodingFields: &reader)._gather(&context)
    }
}

extension Chain where Stage: _GatheringSource {
    /// The results as a stored collection.
    @inlinable @inline(__always)
    public func stored() -> ProxyArray<Stage.Output> {
        var writer = ValueWriter()
        stage._encodeFields(into: &writer)
        return ProxyArray(
            _handle: recorder._record(
                _LoopSpec(
                    name: "\(Stage._name).stored", kernel: _kernel(GatheredPagesKernel<Stage>.self),
                    fields: writer, source: source, leafWidth: Stage._leafWidth, reduction: nil,
                    pageLayout: Stage.Output._layout)))
    }
}
