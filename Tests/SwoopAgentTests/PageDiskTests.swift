// Pages on a node's disk as other nodes ask for them: a range is read with no more of its page than
// it takes to see that it is right.

import SwoopAgent
import SwoopModel
import SwoopStorage
import SwoopTransport
import Testing

/// A page of three parts that was written to a file.
private final class WrittenPage {
    let disk: PageDisk
    let page: PageExtent
    let bytes: [UInt8]
    let task = TaskID(high: 1, low: 2)
    private var poll = PollLoop()

    static let sizes = [64_000, 128_000, 64]

    init() throws {
        // It has no name, and goes with its last holder.
        disk = try PageDisk(file: SpillFile(in: "/var/tmp"))
        _ = poll.watch(descriptor: disk.descriptor)
        let count = Self.sizes.reduce(0, +)
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 9) }
        self.bytes = bytes
        let arena = try Arena(budget: 8 << 20)
        let extent = try arena.allocate(bytes: count)
        unsafe arena.mutablePointer(to: extent, count: count).copyBytes(from: bytes)
        var start = 0
        let parts = Self.sizes.map { size in
            defer { start += size }
            let checksum = unsafe bytes[start..<(start + size)].withUnsafeBytes {
                unsafe PageChecksum.of($0)
            }
            return OutputPart(byteCount: Int64(size), elementCount: 1, checksum: checksum)
        }
        let resident = PageExtent(offset: Int64(extent.offset), pages: StoredPages(parts))
        let isTaken = disk.write(task, resident, in: extent, of: arena)
        #expect(isTaken)
        try poll.wait(until: nil)
        guard case .spilled(_, _, let written)? = disk.takeNews().first else {
            throw ArenaError.full(bytes: count, largestHole: 0)
        }
        page = written
    }

    /// The bytes of a range; nil: the disk did not give them back.
    func range(_ offset: Int, _ count: Int) throws -> [UInt8]? {
        try news(
            after: .range(token: 1, task, page, offset: Int64(offset), count: Int64(count)))
    }

    func whole() throws -> [UInt8]? { try news(after: .output(task, page)) }

    private func news(after reading: PageDisk.Reading) throws -> [UInt8]? {
        disk.read(reading)
        while true {
            try poll.wait(until: nil)
            switch disk.takeNews().first {
            case .read(_, let bytes): return bytes
            case .unreadable: return nil
            case .spilled, .failed, nil: continue
            }
        }
    }

    /// Changes a byte in the file.
    func damage(_ offset: Int) throws {
        let other = [bytes[offset] ^ 1]
        try unsafe other.withUnsafeBytes {
            try unsafe disk.file.write($0, at: Int(page.offset) + offset)
        }
    }
}

@Suite struct PageDiskTests {
    @Test func `ranges within a part, over parts and of all of them are right`() throws {
        let written = try WrittenPage()
        for (offset, count) in [
            (64_000, 128_000), (70_000, 10), (63_999, 2), (0, 192_064), (192_000, 64), (5, 0),
        ] {
            for _ in 0..<2 {
                let range = try written.range(offset, count)
                #expect(range == Array(written.bytes[offset..<(offset + count)]))
            }
        }
        #expect(try written.whole() == written.bytes)
        written.disk.stop()
    }

    @Test func `a damaged part is found by whoever reads of it, and hurts no other`() throws {
        let written = try WrittenPage()
        try written.damage(70_000)
        #expect(try written.range(64_000, 128_000) == nil)
        #expect(try written.range(100_000, 10) == nil)
        #expect(try written.range(63_999, 2) == nil)
        #expect(try written.whole() == nil)
        #expect(try written.range(0, 64_000) == Array(written.bytes[0..<64_000]))
        #expect(try written.range(192_000, 64) == Array(written.bytes[192_000...]))
        written.disk.stop()
    }

    @Test func `a part that is lent is nobody else's until it is given back`() throws {
        let written = try WrittenPage()
        let lent = try #require(written.disk.lend(100_000))
        #expect(lent.medium == .disk)
        #expect(lent.byteCount >= 100_000)
        #expect(lent.offset >= written.page.offset + written.page.byteCount)
        let other = try #require(written.disk.lend(1))
        #expect(other.offset >= lent.offset + lent.byteCount)
        written.disk.free(lent)
        // Until its blocks are gone: they would go with what is written there next.
        #expect(written.disk.lend(100_000) != lent)
        #expect(try written.whole() == written.bytes)
        #expect(written.disk.lend(100_000) == lent)
        #expect(written.disk.lend(.max) == nil)
        written.disk.stop()
    }
}
