// Sliding windows over a stored collection: each element with those behind it. What stands behind a
// page is the beginning of the pages that follow, which is collected first.

public import SwoopElements

/// The first elements of each page of a collection, and how many it has.
@usableFromInline package struct PageHeads<Element: RemoteValue>: RemoteValue {
    @usableFromInline var counts: [Int] = []
    @usableFromInline var heads: [[Element]] = []

    @inlinable init() {}

    @inlinable mutating func add(count: Int, _ head: [Element]) {
        counts.append(count)
        heads.append(head)
    }

    /// Reads them.
    public init(decoding reader: inout ValueReader) throws(ValueDecodingError) {
        counts = try [Int](decoding: &reader)
        heads = try [[Element]](decoding: &reader)
        guard counts.count == heads.count else { throw .malformed("the beginnings of pages") }
    }

    /// Appends them.
    public func encode(into writer: inout ValueWriter) {
        counts.encode(into: &writer)
        heads.encode(into: &writer)
    }

    /// At most so many elements from a position on, at which a page begins.
    @usableFromInline func elements(from position: Int, atMost limit: Int) -> [Element] {
        var start = 0
        var found: [Element] = []
        for (count, head) in zip(counts, heads) {
            if start >= position {
                found += head.prefix(limit - found.count)
                // A page of which not all is here has as many elements as are wanted.
                if found.count == limit { break }
            }
            start += count
        }
        return found
    }
}

/// Takes the first elements of each page; `fields` has their number.
@usableFromInline package enum PageHeadsKernel<Element: PageElement>: _Kernel {
    /// Writes the encoded beginnings.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var fields = context.fieldsReader
        let limit = try Int(decoding: &fields)
        var heads = PageHeads<Element>()
        for page in context.inputs {
            let (columns, count) = try unsafe _openPage(of: Element.self, page.bytes)
            heads.add(count: count, columns._array(0..<Swift.min(limit, count)))
        }
        heads.encode(into: &context.output)
    }
}

/// Joins the beginnings of pages, which come in order.
@usableFromInline package enum PageHeadsJoinKernel<Element: PageElement>: _Kernel {
    /// Writes the encoded beginnings.
    @inlinable public static func run(_ context: inout _CallContext) throws {
        var arguments = context.argumentsReader
        var joined = PageHeads<Element>()
        while !arguments.isAtEnd {
            let heads = try PageHeads<Element>(decoding: &arguments)
            for (count, head) in zip(heads.counts, heads.heads) { joined.add(count: count, head) }
        }
        joined.encode(into: &context.output)
    }
}

/// Windows over a collection; positions are indices of their first elements in the whole.
public struct _WindowedPages<Element: PageElement>: _ChainSource {
    /// So many elements, one behind the other.
    public typealias Output = [Element]
    /// Itself.
    public typealias Source = _WindowedPages<Element>

    /// Rows of one opened page at which windows begin.
    public struct Block {
        @usableFromInline let rows: _PagesSource<Element>.Block
        /// Elements of the page, and what stands behind it.
        @usableFromInline let count: Int
        @usableFromInline let following: [Element]

        @inlinable
        init(_ rows: _PagesSource<Element>.Block, count: Int, following: [Element]) {
            self.rows = rows
            self.count = count
            self.following = following
        }
    }

    @usableFromInline let length: Int
    @usableFromInline let heads: Broadcast<PageHeads<Element>>

    @inlinable init(length: Int, heads: Broadcast<PageHeads<Element>>) {
        self.length = length
        self.heads = heads
    }

    /// Reads the length and the beginnings of pages.
    @inlinable public init(_decodingFields reader: inout ValueReader) throws(ValueDecodingError) {
        length = try Int(decoding: &reader)
        heads = try Broadcast(decoding: &reader)
    }

    /// Appends the length, and where the beginnings of pages belong.
    @inlinable public func _encodeFields(into writer: inout ValueWriter) {
        length.encode(into: &writer)
        heads.encode(into: &writer)
    }

    /// The source's name.
    public static var _name: String { "array.windows" }
    /// Leaves of 65,536 elements.
    @inlinable public static var _leafWidth: Int { _PagesSource<Element>._leafWidth }

    /// Goes through the pages in order, in strides.
    @inlinable public func _walk(
        _ context: inout _CallContext, _ body: (Block, _ end: Int) throws -> Bool
    ) throws {
        guard case .value(let heads) = heads else { return }
        var ends: [(end: Int, count: Int, following: [Element])] = []
        for page in context.inputs {
            let count = unsafe try _PageHeader(reading: page.bytes).count
            let end = page.firstElement + count
            ends.append((end, count, heads.elements(from: end, atMost: length - 1)))
        }
        var place = 0
        try _PagesSource<Element>()._walk(&context) { rows, end in
            while place < ends.count, ends[place].end < end { place += 1 }
            guard place < ends.count else { throw ChainError.missingPage(element: end - 1) }
            let page = ends[place]
            return try body(Block(rows, count: page.count, following: page.following), end)
        }
    }

    /// Calls `body` with each window that is whole.
    @inlinable @inline(__always)
    public func _forEach(_ block: Block, _ body: ([Element]) throws -> Void) throws {
        for row in block.rows.rows {
            // A window may be as long as an Int: no sum with its length.
            let rest = length &- (block.count &- row)
            if rest <= 0 {
                try body(block.rows.columns._array(row..<row &+ length))
            } else if rest <= block.following.count {
                let own = block.rows.columns._array(row..<block.count)
                try body(own + block.following.prefix(rest))
            }
        }
    }
}

extension ProxyArray {
    /// Each element with those behind it, `length` in all: as many windows as whole ones fit in.
    ///
    /// - Parameter length: at least 1; less is an error.
    @inlinable @inline(__always)
    public func windows(of length: Int) -> Chain<_WindowedPages<Element>> {
        let recorder = _currentRecorder()
        recorder._check(length, "windows of % elements", least: 1)
        let length = Swift.max(1, length)
        var fields = ValueWriter()
        (length - 1).encode(into: &fields)
        let heads = recorder._record(
            _LoopSpec(
                name: "array.heads", kernel: _kernel(PageHeadsKernel<Element>.self),
                fields: fields, source: .pages(_handle),
                leafWidth: _PagesSource<Element>._leafWidth,
                reduction: _LoopSpec.Reduction(
                    combine: _kernel(PageHeadsJoinKernel<Element>.self),
                    answer: _kernel(PageHeadsJoinKernel<Element>.self), fields: ValueWriter(),
                    isOrdered: true),
                pageLayout: nil))
        return Chain<_WindowedPages<Element>>(
            _WindowedPages(length: length, heads: .proxy(heads)), .pages(_handle), recorder)
    }
}
