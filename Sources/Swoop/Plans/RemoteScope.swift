// What a plan's block is given: the ways to name work. Everything returns a proxy and runs nothing.

public import SwoopElements
import SwoopModel

/// The scope of a plan's block: names work of which the block's result is made.
///
/// Remote functions that are called with proxies inside of the block belong to it too.
public final class RemoteScope: Sendable {
    let recording: PlanRecording

    init(_ recording: PlanRecording) { self.recording = recording }

    @TaskLocal static var current: RemoteScope?

    // MARK: Values

    /// A value of the client's, sent once, for any number of tasks.
    ///
    /// For arguments of `Codable` types beside proxies, and for constants that many tasks read.
    public func value<Value: RemoteValue>(_ value: Value) -> Proxy<Value> {
        Proxy(_handle: recording.storeConstant { value.encode(into: &$0) })
    }

    /// A value of the client's of a `Codable` type.
    @_disfavoredOverload
    public func value<Value: Codable & Sendable>(_ value: Value) throws -> Proxy<Value> {
        Proxy(
            handle: try recording.storeConstant { writer throws(ValueEncodingError) in
                try _encodeValue(value, into: &writer)
            }, decoding: CodableDecoding<Value>.self)
    }

    // MARK: Collections

    /// The integers of a range, as the source of a chain.
    @inlinable @inline(__always)
    public func range(_ range: Range<Int>) -> Chain<_RangeSource> {
        Chain<_RangeSource>._range(range, recorder: _recorder)
    }

    /// The integers of a range with its last one: `remote.range(1...n)`.
    @inlinable @inline(__always)
    public func range(_ range: ClosedRange<Int>) -> Chain<_RangeSource> {
        // What has no end that an Int can name is refused as too large.
        let (end, isBeyond) = range.upperBound.addingReportingOverflow(1)
        return self.range(isBeyond ? Int.min..<Int.max : range.lowerBound..<end)
    }

    /// The elements of a local array, sent to the cluster in pages.
    ///
    /// A large array is kept until the plan runs and the cluster has taken all of it: page by page,
    /// so that it is never in this program's memory twice.
    public func array<Element: PageElement>(_ elements: [Element]) -> ProxyArray<Element> {
        let session = recording.session
        let division = PageDivision(
            of: elements.count, cores: session.coreCount, byteCountMax: session.partByteCountMax)
        let pages = division.pages(of: elements)
        let isSmall = pages.reduce(0) { $0 + $1.byteCount } < DeferredSending.lendMin
        let handles = pages.map { page in
            isSmall
                ? recording.store(recording.encoding { page.layOut().bytes }, output: .page)
                : recording.store(.page(page), byteCount: page.byteCount, output: .page)
        }
        return ProxyArray(_handle: recording.join(handles))
    }

    /// The lines of text files of this machine, without their ends.
    ///
    /// Every run reads its own part of a file; to nodes that are other machines the parts are sent.
    @inlinable @inline(__always)
    public func lines(_ files: String...) -> Chain<_TextSource<_LineFormat>> {
        lines(of: TextFiles(files))
    }

    /// The lines of a list of text files.
    @inlinable @inline(__always)
    public func lines(_ files: [String]) -> Chain<_TextSource<_LineFormat>> {
        lines(of: TextFiles(files))
    }

    /// The lines of text files that every node has under the same paths, on a shared file system
    /// say: nothing is sent.
    @inlinable @inline(__always)
    public func lines(shared files: String...) -> Chain<_TextSource<_LineFormat>> {
        lines(of: TextFiles(files, areShared: true))
    }

    /// The lines of a list of text files that every node has under the same paths.
    @inlinable @inline(__always)
    public func lines(shared files: [String]) -> Chain<_TextSource<_LineFormat>> {
        lines(of: TextFiles(files, areShared: true))
    }

    /// The lines of text files.
    @inlinable @inline(__always)
    public func lines(of files: TextFiles) -> Chain<_TextSource<_LineFormat>> {
        Chain<_TextSource<_LineFormat>>._text(files, format: _LineFormat(), recorder: _recorder)
    }

    /// Paragraphs: pieces of text files between blank lines, such as the stanzas of a Debian index.
    @inlinable @inline(__always)
    public func stanzas(_ files: String...) -> Chain<_TextSource<_StanzaFormat>> {
        stanzas(of: TextFiles(files))
    }

    /// Paragraphs of a list of text files.
    @inlinable @inline(__always)
    public func stanzas(_ files: [String]) -> Chain<_TextSource<_StanzaFormat>> {
        stanzas(of: TextFiles(files))
    }

    /// Paragraphs of text files.
    @inlinable @inline(__always)
    public func stanzas(of files: TextFiles) -> Chain<_TextSource<_StanzaFormat>> {
        Chain<_TextSource<_StanzaFormat>>._text(files, format: _StanzaFormat(), recorder: _recorder)
    }

    /// Pieces of text files between separators of at least one byte; lines where it is empty.
    @inlinable @inline(__always)
    public func text(_ files: String..., separator: String) -> Chain<_TextSource<_SeparatorFormat>>
    {
        text(of: TextFiles(files), separator: separator)
    }

    /// Pieces of a list of text files between separators of at least one byte.
    @inlinable @inline(__always)
    public func text(
        _ files: [String], separator: String
    ) -> Chain<_TextSource<_SeparatorFormat>> {
        text(of: TextFiles(files), separator: separator)
    }

    /// Pieces of text files between separators of at least one byte; lines where it is empty.
    @inlinable @inline(__always)
    public func text(
        of files: TextFiles, separator: String
    ) -> Chain<_TextSource<_SeparatorFormat>> {
        Chain<_TextSource<_SeparatorFormat>>._text(
            files, format: _format(separator), recorder: _recorder)
    }

    /// The format of a separator; one that is empty or can overlap itself makes the plan fail.
    public func _format(_ separator: String) -> _SeparatorFormat {
        if let format = _SeparatorFormat(separator) { return format }
        recording.fail(
            SwoopError(
                .invalidPlan,
                "\"\(separator)\" separates nothing: it is empty or can overlap itself"))
        guard let lines = _SeparatorFormat(bytes: [10]) else {
            preconditionFailure("A line feed separates lines.")
        }
        return lines
    }

    /// The recorder behind the scope.
    public var _recorder: any _LoopRecorder { recording }

    // MARK: Loops

    /// Repeats the body until the condition holds, inside of the plan.
    ///
    /// ```swift
    /// remote.iterate(from: 1.0, limit: 100, until: isClose) { x in newton(x) }
    /// ```
    ///
    /// - Parameters:
    ///   - initial: the state before the first round: a value or a proxy.
    ///   - limit: rounds at most; at least one is made, and less than one is an error.
    ///   - until: a remote function of the new state that says whether to stop.
    ///   - body: makes the new state of the old one; recorded once.
    public func iterate<State: RemoteValue, Initial: RemoteArgument, F: _RemoteFunction1>(
        from initial: Initial, limit: Int, until: F,
        _ body: (Proxy<State>) throws -> Proxy<State>
    ) rethrows -> Proxy<State>
    where Initial._Received == State, F.A0 == State, F.Result == Bool {
        try iterate(from: initial, limit: limit, until: { _remoteCall(F.self, $0) }, body)
    }

    /// Repeats the body until a condition over the new state holds.
    public func iterate<State: RemoteValue, Initial: RemoteArgument>(
        from initial: Initial, limit: Int,
        until: ((Proxy<State>) throws -> Proxy<Bool>)?,
        _ body: (Proxy<State>) throws -> Proxy<State>
    ) rethrows -> Proxy<State> where Initial._Received == State {
        recording._check(limit, "a loop of % rounds", least: 1)
        recording._check(limit, "a loop of % rounds", most: Int(UInt32.max))
        var writer = ValueWriter()
        do {
            try initial._encodeArgument(into: &writer)
        } catch {
            recording.fail(SwoopError(.invalidPlan, "a loop's first state: \(error)"))
        }
        let (first, kept) = recording.hoisted(writer)
        defer { withExtendedLifetime(kept) {} }
        return Proxy(
            _handle: try recording.iterate(from: first, limit: limit) { handle in
                let state = try body(Proxy<State>(_handle: handle))
                return (state._handle, try until?(state)._handle)
            })
    }

    /// Repeats the body a fixed number of times; less than once is an error.
    public func iterate<State: RemoteValue, Initial: RemoteArgument>(
        from initial: Initial, count: Int, _ body: (Proxy<State>) throws -> Proxy<State>
    ) rethrows -> Proxy<State> where Initial._Received == State {
        try iterate(from: initial, limit: count, until: nil, body)
    }
}

extension PlanRecording {
    /// One handle for several: the pages of an array.
    func join(_ handles: [_ProxyHandle]) -> _ProxyHandle {
        _ProxyHandle(self, pages: handles)
    }
}

/// The recorder of the plan whose block is being run; outside of one, a recorder whose plan never
/// runs.
public func _currentRecorder() -> any _LoopRecorder { currentRecording() }

func currentRecording() -> PlanRecording {
    RemoteScope.current?.recording ?? PlanRecording(session: .nowhere)
}

extension PlanRecording {
    /// Encodes a value of the program's and stores it in the cluster.
    fileprivate func storeConstant<Failure: Error>(
        _ encode: (inout ValueWriter) throws(Failure) -> Void
    ) throws(Failure) -> _ProxyHandle {
        let writer = try encoding { () throws(Failure) in
            var writer = ValueWriter()
            try encode(&writer)
            return writer
        }
        noteConstants(writer)
        return store(writer.bytes, output: .value)
    }

    fileprivate func encoded<Function: RemoteFunction>(
        _ argument: some RemoteArgument, of type: Function.Type
    ) -> ValueWriter {
        var writer = ValueWriter()
        do {
            try argument._encodeArgument(into: &writer)
        } catch {
            fail(SwoopError(.invalidPlan, "\(type._entry._name): \(error)"))
        }
        return writer
    }
}

/// Adds a call with proxies to the plan whose block is being run; called by macro-made code.
public func _remoteCall<Function: RemoteFunction, each A: RemoteArgument>(
    _ type: Function.Type, _ arguments: repeat each A
) -> Proxy<Function.Result> {
    let recording = currentRecording()
    var encoded: [Argument] = []
    var features: [Double] = []
    var kept: [_ProxyHandle] = []
    for argument in repeat each arguments {
        let feature = argument._argumentFeature
        let writer =
            feature == nil
            ? recording.encoded(argument, of: type)
            : recording.encoding { recording.encoded(argument, of: type) }
        let (hoisted, handle) = recording.hoisted(writer)
        encoded.append(hoisted)
        if let handle { kept.append(handle) }
        features.append(feature ?? .nan)
    }
    let handle = recording.add(
        function: recording.place(of: type), arguments: encoded, features: features)
    withExtendedLifetime(kept) {}
    return Proxy(handle: handle, decoding: ResultDecoding<Function>.self)
}
