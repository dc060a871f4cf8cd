// A collection in the cluster's pages: what a chain becomes when its pages are made, or data that
// the client brought. Each step over it begins a new chain.

public import SwoopElements
import SwoopModel
import SwoopSession

/// A stored collection; nothing of it is downloaded until asked.
///
/// Pages live in the memory of the nodes as long as the array, or a plan that uses it, lives.
public struct ProxyArray<Element: PageElement>: Sendable {
    /// What keeps the pages.
    public let _handle: _ProxyHandle

    /// An array of the pages that the handle's tasks make; used by the operations of chains.
    public init(_handle: _ProxyHandle) { self._handle = _handle }

    /// The number of pages.
    public var pageCount: Int { _handle.tasks.count }

    /// A chain over the elements; for use inside of a plan's block.
    @inlinable @inline(__always)
    public var chain: Chain<_PagesSource<Element>> {
        Chain<_PagesSource<Element>>._pages(_handle, recorder: _currentRecorder())
    }

    /// All elements, fetched page by page: up to 1 GiB of them; `collect(cap:)` takes another cap.
    ///
    /// - Throws: `SwoopError` as `Proxy.value`; `.tooLarge` when the pages are larger.
    public var values: [Element] { get async throws { try await collect() } }

    /// All elements, fetched page by page: `values` with a cap of one's own.
    ///
    /// - Parameter cap: bytes that may be fetched; 1 GiB unless told.
    /// - Throws: `SwoopError` as `Proxy.value`; `.tooLarge` when the pages are larger than the cap.
    public func collect(cap: Int = 1 << 30) async throws -> [Element] {
        guard cap >= 0 else {
            throw SwoopError(
                .invalidPlan, "a cap of \(cap) bytes", advice: "Pass 0 or more.")
        }
        let total = try await HandleGathering(pagesOf: _handle, .ends).waitForAll()
        guard total <= cap else {
            throw SwoopError(
                .tooLarge, "the array takes \(total) bytes, and \(cap) may be fetched",
                advice: "Pass a larger cap to collect(cap:), or reduce it in the cluster first.")
        }
        var parts = [[Element]](repeating: [], count: pageCount)
        let gathering = try HandleGathering(pagesOf: _handle, .values(areKept: false))
        while let finished = try await gathering.next(atMost: HandleGathering.batchMax) {
            for page in finished {
                let bytes = try page.bytes.get()
                if bytes.isEmpty { continue }
                do {
                    parts[page.index] = try Self.elements(of: bytes)
                } catch {
                    throw SwoopError(
                        .undecodable, "the array does not hold \(Element.self): \(error)",
                        advice: SwoopError.codecAdvice)
                }
            }
        }
        return parts.count == 1 ? parts[0] : Array(parts.joined())
    }

    /// Waits until all pages are made.
    public func wait() async throws {
        _ = try await HandleGathering(pagesOf: _handle, .ends).waitForAll()
    }

    /// Stops the tasks that make the pages; waits for them throw `SwoopError.Code.cancelled`.
    public func cancel() { _handle.recording.cancel(_handle.tasks) }

    private static func elements(of bytes: [UInt8]) throws -> [Element] {
        // Pages want an alignment that an array of bytes does not promise.
        let memory = UnsafeMutableRawBufferPointer.allocate(
            byteCount: bytes.count, alignment: 64)
        defer { unsafe memory.deallocate() }
        unsafe memory.copyBytes(from: bytes)
        let (columns, count) = unsafe try _openPage(
            of: Element.self, UnsafeRawBufferPointer(memory))
        return columns._array(0..<count)
    }
}

extension ProxyArray: CustomStringConvertible {
    /// The element type and the number of pages.
    public var description: String { "ProxyArray<\(Element.self)>(\(pageCount) pages)" }
}

extension ProxyArray {
    /// The number of elements.
    @inlinable @inline(__always)
    public var count: Proxy<Int> { chain.count }
}

// MARK: The first rows, for whoever shows them

extension ProxyArray {
    /// The first so many elements; nothing else is downloaded.
    ///
    /// - Throws: as `values`.
    @inlinable public func _firstElements(_ count: Int) async throws -> [Element] {
        let head = try await _firstPages(holding: count)
        guard head.pageCount > 0 else { return [] }
        return try await head._cluster.remotely { _ in head[0..<count].stored() }.values
    }

    /// The first pages, as many as hold so many elements; waits until all are made.
    public func _firstPages(holding count: Int) async throws -> ProxyArray<Element> {
        try await wait()
        let sizes = _handle.recording.session.sizes(of: _handle.tasks) ?? []
        var (pages, found) = (0, 0)
        while pages < sizes.count, found < count {
            found += sizes[pages].count
            pages += 1
        }
        return ProxyArray(
            _handle: _ProxyHandle(_handle.recording, first: pages, pagesOf: _handle))
    }

    /// Elements and bytes of all pages; waits until they are made.
    public func _size() async throws -> (count: Int, byteCount: Int) {
        try await wait()
        let sizes = _handle.recording.session.sizes(of: _handle.tasks) ?? []
        return (
            sizes.reduce(0) { $0 + $1.count }, sizes.reduce(0) { $0 + $1.byteCount }
        )
    }

    /// The cluster whose pages these are.
    public var _cluster: Cluster { Cluster(session: _handle.recording.session) }
}
