// The arena's decisions: random sequences against the allocator's own invariants and a plain model.

import SwoopStorage
import Testing

private let mebibyte = 1 << 20

@Suite struct ArenaExtentAllocatorTests {
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func randomSequencesKeepTheTablesRight(seed: UInt64) throws {
        var random = seed
        func next(_ bound: Int) -> Int {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((random >> 33) % UInt64(bound))
        }
        var allocator = ExtentAllocator(capacity: 64 * mebibyte)
        var held: [Extent] = []
        var heldBytes = 0
        for _ in 0..<500 {
            if next(5) < 3 {
                let bytes = next(3) == 0 ? 1 + next(9 * mebibyte) : 1 + next(200_000)
                if let extent = allocator.allocate(bytes: bytes) {
                    let isLarge = bytes >= ExtentAllocator.largeBytesMin
                    let unit = isLarge ? ExtentAllocator.largeUnit : ExtentAllocator.smallUnit
                    let fits = extent.size >= bytes && extent.size - bytes < unit
                    try #require(fits && extent.size % unit == 0 && extent.offset % unit == 0)
                    held.append(extent)
                    heldBytes += extent.size
                } else {
                    // A hole that cannot be aligned is less than one large unit larger.
                    let rounded = ExtentAllocator.roundedSize(bytes) ?? 0
                    try #require(allocator.largestHole < rounded + ExtentAllocator.largeUnit)
                }
            } else if !held.isEmpty {
                let extent = held.remove(at: next(held.count))
                heldBytes -= extent.size
                let wasFreed = allocator.free(extent)
                try #require(wasFreed)
            }
            allocator.checkInvariants()
            try #require(allocator.usedBytes == heldBytes)
        }
        for extent in held { _ = allocator.free(extent) }
        allocator.checkInvariants()
        #expect(allocator.largestHole == allocator.capacity)
    }

    @Test func whatIsNotInUseCannotBeFreed() throws {
        var allocator = ExtentAllocator(capacity: 8 * mebibyte)
        let extent = try allocator.take(5_000)
        #expect(allocator.free(Extent(offset: extent.offset, size: 4_096)) == false)
        #expect(allocator.free(Extent(offset: extent.offset + 4_096, size: 4_096)) == false)
        #expect(allocator.free(extent) == true)
        #expect(allocator.free(extent) == false)
        allocator.checkInvariants()
    }

    @Test func nothingIsGivenForSizesThatNoPageHas() {
        var allocator = ExtentAllocator(capacity: 8 * mebibyte)
        for bytes in [0, -1, Int.min, Int.max, 8 * mebibyte + 1] {
            #expect(allocator.allocate(bytes: bytes) == nil)
        }
        #expect(allocator.usedBytes == 0)
        #expect(ExtentAllocator(capacity: -5).capacity == 0)
    }

    @Test func memoryThatWasUsedIsUsedAgainFirst() throws {
        var allocator = ExtentAllocator(capacity: 64 * mebibyte)
        let first = try allocator.take(3 * mebibyte)
        let small = try allocator.take(100)
        #expect(allocator.free(first) == true)
        #expect(allocator.free(small) == true)
        #expect(allocator.allocate(bytes: 4 * mebibyte) == first)
        #expect(allocator.allocate(bytes: 4_000) == small)
    }

    @Test func smallExtentsDoNotBreakUpTheRoomOfLargeOnes() throws {
        var allocator = ExtentAllocator(capacity: 32 * mebibyte)
        for _ in 0..<100 { _ = try allocator.take(1) }
        for _ in 0..<15 { _ = try allocator.take(2 * mebibyte) }
        #expect(allocator.allocate(bytes: 2 * mebibyte) == nil)
        allocator.checkInvariants()
    }

    @Test func inAFileEverythingGoesToTheLowestPlaceThatFits() throws {
        var allocator = ExtentAllocator(capacity: SpillFile.capacity, placement: .lowest)
        var extents: [Extent] = []
        for bytes in [3 * mebibyte, 5_000, 9 * mebibyte] {
            let extent = allocator.allocate(bytes: bytes)
            extents.append(try #require(extent))
        }
        #expect(extents.map(\.offset) == [0, 4 * mebibyte, 4 * mebibyte + 8_192])
        let wasFreed = allocator.free(extents[0])
        #expect(wasFreed)
        let again = allocator.allocate(bytes: 4 * mebibyte)
        #expect(again?.offset == 0)
        allocator.checkInvariants()
    }
}

private struct NoRoom: Error {}

extension ExtentAllocator {
    /// An extent that the test relies on.
    fileprivate mutating func take(_ bytes: Int) throws -> Extent {
        guard let extent = allocate(bytes: bytes) else { throw NoRoom() }
        return extent
    }
}
