// Pages that come to an agent and go from it: from clients, to other agents and from them, directly
// or through the coordinator.

import SwoopElements
import SwoopExecution
import SwoopModel
import SwoopStorage
import SwoopTransport
import SwoopWire

extension AgentLoop {
    // MARK: Bytes that came

    /// A client's data.
    mutating func takeData(
        _ bytes: [UInt8], of task: TaskID, _ output: OutputKind, elementCount: Int64
    ) {
        var elementCount = elementCount
        if output == .page {
            // How many elements a page has stands in its header: loops over it must know.
            guard let count = Self.elementCount(of: bytes) else {
                return handle(.dataRefused(task, "what the client sent is no page"))
            }
            elementCount = count
        }
        held[task] = HeldPage(bytes: bytes, elementCount: elementCount)
        handle(.roomWanted(.data(task), byteCount: Int64(bytes.count)))
    }

    /// A page that another node sent through the coordinator.
    mutating func takeRelayed(_ bytes: [UInt8], of task: TaskID) {
        let isRight = machine.expectations(of: task).allSatisfy { offset, pages in
            // One that was made anew may be smaller: that is no damage.
            offset + pages.byteCount > bytes.count || pages.isRight(bytes, from: Int(offset))
        }
        guard isRight else { return handle(.fetchFailed(task, .damaged)) }
        held[task] = HeldPage(bytes: bytes, elementCount: Self.elementCount(of: bytes) ?? 1)
        handle(.roomWanted(.copy(task), byteCount: Int64(bytes.count)))
    }

    private static func elementCount(of bytes: [UInt8]) -> Int64? {
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe (try? _PageHeader(reading: bytes)).map { Int64($0.count) }
        }
    }

    /// Puts bytes that came whole into their memory.
    mutating func store(_ page: HeldPage, in extent: Extent) -> PageExtent {
        let target = unsafe arena.mutablePointer(to: extent, count: page.bytes.count)
        unsafe target.copyBytes(from: page.bytes)
        return keep(
            extent,
            StoredPages(
                byteCount: Int64(page.bytes.count), elementCount: page.elementCount,
                checksum: unsafe PageChecksum.of(UnsafeRawBufferPointer(target))))
    }

    /// Bytes of a page that leaves, in the arena.
    borrowing func read(_ place: LeavingPage, _ range: Range<Int>) -> [UInt8] {
        guard let extent = extents[place.page.offset] else {
            preconditionFailure("\(place.task) was freed while it left.")
        }
        let bytes = unsafe arena.pointer(to: extent, count: Int(place.page.byteCount))
        return unsafe Array(bytes[range])
    }

    mutating func keep(_ extent: Extent, _ pages: StoredPages) -> PageExtent {
        let page = PageExtent(offset: Int64(extent.offset), pages: pages)
        extents[page.offset] = extent
        return page
    }

    // MARK: Other agents

    mutating func fetch(_ task: TaskID, _ page: WantedPage, into extent: Extent) {
        pages.fetch(
            task, from: page.node, page.output, page.slice, into: extent, in: &poll,
            now: MonotonicClock.nanoseconds())
    }

    /// Sends a range of a page from where it lies; the machine keeps the page until it is sent.
    mutating func give(_ token: UInt64, _ task: TaskID, _ page: PageExtent) {
        if page.medium == .disk { return readRange(token, task, page) }
        guard let extent = extents[page.offset], pages.give(token, of: page, in: extent, arena)
        else { return handle(.rangeSent(task)) }
        sending[page.offset, default: 0] += 1
    }

    mutating func turnPages() {
        let now = MonotonicClock.nanoseconds()
        for news in pages.turn(arena, in: &poll, now: now) {
            switch news {
            case .wanted(let task, let token, let end):
                handle(.rangeWanted(task, token: token, upTo: end))
            case .grew(let task, let end): handle(.pageGrew(task, upTo: end))
            case .sent(let task, let offset): sent(task, offset)
            case .fetched(let task, let extent, let pages):
                handle(.pageFetched(task, keep(extent, pages)))
            case .damaged(let task): handle(.fetchFailed(task, .damaged))
            case .absent(let task): handle(.fetchFailed(task, .absent))
            case .unreachable(let task): handle(.fetchFailed(task, .unreachable))
            }
        }
        freeAbandoned()
    }

    mutating func freeAbandoned() {
        for extent in pages.takeAbandoned() { arena.free(extent) }
    }

    private mutating func sent(_ task: TaskID, _ offset: Int64) {
        let left = (sending[offset] ?? 1) - 1
        sending[offset] = left > 0 ? left : nil
        if let extent = leftOver[offset] {
            // The machine that lent it is no more.
            guard left == 0 else { return }
            leftOver[offset] = nil
            arena.free(extent)
        } else {
            handle(.rangeSent(task))
        }
    }
}

extension PeerAddress {
    /// With the coordinator's own address for a node on its machine, as this node knows it.
    func seen(from coordinator: String) -> PeerAddress {
        var seen = self
        let anywhere = "tcp://0.0.0.0:"
        guard let colon = coordinator.lastIndex(of: ":") else { return self }
        seen.pages.endpoints = pages.endpoints.map { endpoint in
            endpoint.hasPrefix(anywhere)
                ? "\(coordinator[..<colon]):\(endpoint.dropFirst(anywhere.count))" : endpoint
        }
        return seen
    }
}
