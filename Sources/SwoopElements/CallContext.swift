// What a worker lends to the user's code while it runs: a remote function, a fused page loop or a
// combine step, all of them `(inout _CallContext) throws -> Void`. The worker fills it and stays
// behind it as the _CallHost; this room has no clock and no flag of its own.

/// What stands behind a call: the worker's slot, or a test.
///
/// Called from the thread of the run, at most once a stride or a page, so that the indirect call
/// costs nothing. Each method may throw what ends the run: a cancellation, a full arena.
public protocol _CallHost: AnyObject {
    /// Takes note of `elements` positions more, up to `position`; answers with the next stride's
    /// length.
    ///
    /// `end` is where the run ends: a host may lower it, to no less than `position`, and the run
    /// ends there; the one of a worker does not. The host measures the time since the last call
    /// (`StridePacer` computes the answer) and throws if the run is cancelled.
    func strideEnded(at position: Int, elements: Int, end: inout Int) throws -> Int

    /// Throws if the run is cancelled: for long steps that are no strides.
    func checkCancellation() throws

    /// Says that memory of the run will be read and written in no order, which costs less where its
    /// pages are large.
    func willScatter(over region: UnsafeMutableRawBufferPointer)

    /// Lends a region of exactly so many bytes, 64-byte aligned, for the pages of the output, one
    /// after the other without a gap; every page but the last is a multiple of 64 bytes.
    ///
    /// The pages have been written when the call returns.
    func pageRegion(parts: [_PageSize]) throws -> UnsafeMutableRawBufferPointer

    /// Lends memory of the run's own, at least so many bytes, with what the smaller one held that
    /// was lent before and is void now; else whatever another run left.
    func scratch(byteCount: Int) throws -> UnsafeMutableRawBufferPointer

    /// Lends a window of the run's file that begins at or before `start` and reaches to `end`, or
    /// further; all earlier windows are void afterwards.
    ///
    /// One that reaches less far says that there is no more text than that.
    func text(from start: Int, to end: Int) throws -> _TextWindow

    /// Where the run's thread last threw an error, as offsets in the program, innermost first.
    func throwSite() -> [UInt64]
}

extension _CallHost {
    /// Nowhere: for hosts that do not watch.
    public func throwSite() -> [UInt64] { [] }

    /// Nothing: for hosts that nobody cancels.
    public func checkCancellation() throws {}

    /// Nothing: for hosts whose pages are as they are.
    public func willScatter(over region: UnsafeMutableRawBufferPointer) {}

    /// Allocates memory that will be read and written in no order; `deallocate` frees it.
    @usableFromInline func _scattered(byteCount: Int) -> UnsafeMutableRawPointer {
        let large = 2 << 20
        guard byteCount >= large / 2 else {
            return .allocate(byteCount: byteCount, alignment: 64)
        }
        let region = UnsafeMutableRawBufferPointer.allocate(
            byteCount: (byteCount + large - 1) / large * large, alignment: large)
        unsafe willScatter(over: region)
        return unsafe region.baseAddress.unsafelyUnwrapped
    }

    /// Lends a region for an output of one page.
    public func pageRegion(
        byteCount: Int, count: Int
    ) throws -> UnsafeMutableRawBufferPointer {
        try unsafe pageRegion(parts: [_PageSize(byteCount: byteCount, count: count)])
    }
}

/// How large a page will be.
public struct _PageSize: Hashable, Sendable {
    /// Bytes, the header included.
    public var byteCount: Int
    /// Elements.
    public var count: Int

    /// Joins the two.
    public init(byteCount: Int, count: Int) {
        self.byteCount = byteCount
        self.count = count
    }
}

/// One page lent to a run, and where its elements stand in the whole collection.
@safe public struct _InputPage {
    /// The page's bytes, header included; 64-byte aligned; borrowed for the call.
    public let bytes: UnsafeRawBufferPointer
    /// The index in the whole collection of the page's first element.
    public let firstElement: Int

    /// Lends a page.
    public init(bytes: UnsafeRawBufferPointer, firstElement: Int) {
        unsafe self.bytes = bytes
        self.firstElement = firstElement
    }
}

/// A part of a file's bytes, lent to a run.
@safe public struct _TextWindow {
    /// The bytes from `start` on; borrowed until the host lends a further window.
    public let bytes: UnsafeRawBufferPointer
    /// The offset in the file of the first byte.
    public let start: Int

    /// Lends a part of a file.
    public init(bytes: UnsafeRawBufferPointer, start: Int) {
        unsafe self.bytes = bytes
        self.start = start
    }

    /// The offset in the file behind the last byte.
    public var end: Int { unsafe start + bytes.count }

    /// Whether the file begins with the mark of UTF-8, and the window with the file.
    public var _hasMark: Bool {
        unsafe start == 0 && bytes.starts(with: [0xef, 0xbb, 0xbf])
    }
}

/// What one run of the user's code is lent, and what it gives back.
@safe public struct _CallContext {
    /// The chain's encoded fields, captured values spliced in.
    public let fields: UnsafeRawBufferPointer
    /// The encoded arguments one after the other; for a combine step, the encoded partial results.
    public let arguments: UnsafeRawBufferPointer
    /// The source's positions that this run covers: offsets in a range, global element indices of
    /// pages, bytes of a file. The upper bound may fall while the run goes on.
    public internal(set) var range: Range<Int>
    /// The number of positions of the whole source (of this file), where its last leaf ends; any
    /// number outside the range if it is not known (pages), never for text.
    public let sourceEnd: Int
    /// The index of the leaf that holds position 0; for files after the first not 0.
    public let leafBase: Int
    /// The pages that hold `range`, in order.
    public let inputs: [_InputPage]
    /// The pages of a second collection that hold elements of `range`, in order.
    public var otherInputs: [_InputPage] = []
    /// The part of the file that is being looked at; nil before any is.
    public internal(set) var text: _TextWindow?
    /// A page is handed on when its bytes have reached this size.
    public let pageByteCountTarget: Int
    /// Whether the source is only looked at, and will be gone through by other runs: what there is
    /// to remark is theirs to say.
    public var isLookAhead = false
    /// Takes the encoded result.
    public var output = ValueWriter()
    /// The number of elements that came out of the chain's last stage.
    public var producedCount = 0
    /// What forecasting knows of the arguments, in their order.
    public var features: [Double] = []
    /// The slot that the run is on.
    public let _host: any _CallHost

    /// Fills a context; everything lent must outlive the call.
    public init(
        fields: UnsafeRawBufferPointer = unsafe .init(start: nil, count: 0),
        arguments: UnsafeRawBufferPointer = unsafe .init(start: nil, count: 0),
        range: Range<Int> = 0..<0, sourceEnd: Int = .max, leafBase: Int = 0,
        inputs: [_InputPage] = [], text: _TextWindow? = nil,
        pageByteCountTarget: Int = 32 << 20, host: any _CallHost
    ) {
        unsafe self.fields = fields
        unsafe self.arguments = arguments
        self.range = range
        self.sourceEnd = sourceEnd
        self.leafBase = leafBase
        self.inputs = inputs
        self.text = text
        self.pageByteCountTarget = pageByteCountTarget
        _host = host
    }

    /// A reader of the chain's fields.
    public var fieldsReader: ValueReader { unsafe ValueReader(fields) }

    /// A reader of the arguments.
    public var argumentsReader: ValueReader { unsafe ValueReader(arguments) }

    /// Ends a stride: throws if the run is cancelled, answers with the next stride's length.
    ///
    /// `range.upperBound` may be lower afterwards: the rest was given away.
    public mutating func strideEnded(at position: Int, elements: Int) throws -> Int {
        var end = range.upperBound
        let next = try _host.strideEnded(at: position, elements: elements, end: &end)
        range = range.lowerBound..<min(max(position, end), range.upperBound)
        return max(1, next)
    }

    /// A region for the next page of the output.
    public func pageRegion(byteCount: Int, count: Int) throws -> UnsafeMutableRawBufferPointer {
        try unsafe _host.pageRegion(byteCount: byteCount, count: count)
    }

    /// Makes `text` a window over `[start, end)`, as far as the file reaches.
    ///
    /// What was lent before is void afterwards, unless it held all of that.
    public mutating func lendText(from start: Int, to end: Int) throws {
        let end = min(end, sourceEnd)
        if let text, text.start <= start, text.end >= end { return }
        text = try _host.text(from: start, to: end)
    }
}
