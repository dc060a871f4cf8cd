// The arena with real memory: what is taken, seen from a second mapping, used again, given back.

import Glibc
import SwoopStorage
import Testing

private let mebibyte = 1 << 20

@Suite struct ArenaTests {
    @Test func whatAWorkerWritesThroughAWindowTheAgentAndOthersRead() throws {
        let arena = try Arena(budget: 16 * mebibyte)
        let view = try ArenaView(owning: dup(arena.descriptor))
        #expect(view.count == arena.budget)
        for bytes in [1, 4_097, 3 * mebibyte] {
            let extent = try arena.allocate(bytes: bytes)
            do {
                let window = try view.openWindow(extent)
                let target = unsafe window.bytes
                for index in 0..<bytes {
                    unsafe target[index] = UInt8(truncatingIfNeeded: index &* 7)
                }
            }
            let seen = arena.withBytes(of: extent, count: bytes) { page in
                page.indices.allSatisfy { page[$0] == UInt8(truncatingIfNeeded: $0 &* 7) }
            }
            #expect(seen)
            let last = try view.withBytes(offset: extent.offset, count: bytes) { $0[bytes - 1] }
            #expect(last == UInt8(truncatingIfNeeded: (bytes - 1) &* 7))
        }
    }

    @Test func memoryIsTakenOnFirstUseAndKeptForTheNextPage() throws {
        let arena = try Arena(budget: 64 * mebibyte)
        #expect(arena.committedBytes == 0)
        let extent = try arena.allocate(bytes: 10 * mebibyte)
        #expect(arena.committedBytes == 10 * mebibyte)
        arena.free(extent)
        #expect(arena.usedBytes == 0)
        #expect(arena.committedBytes == 10 * mebibyte)
        #expect(try arena.allocate(bytes: 9 * mebibyte) == extent)
        #expect(arena.committedBytes == 10 * mebibyte)
        var status = stat()
        #expect(unsafe fstat(arena.descriptor, &status) == 0)
        #expect(status.st_blocks * 512 == 10 * mebibyte)
    }

    @Test func `a writer writes where room was lent, and the checksum is the page's`() throws {
        let writer = try ArenaWriter(budget: 16 * mebibyte)
        let arena = try Arena(owning: dup(writer.descriptor))
        #expect(writer.count == arena.budget)
        let bytes = (0..<(3 * mebibyte)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let extent = try arena.allocate(bytes: bytes.count)
        let page = ArenaPageWriting(writer, at: extent.offset, limit: extent.size)
        unsafe bytes.withUnsafeBytes { all in
            unsafe page.add(UnsafeRawBufferPointer(rebasing: all[..<64]))
            unsafe page.add(UnsafeRawBufferPointer(rebasing: all[64...]))
        }
        #expect(page.error == nil && page.byteCount == bytes.count)
        let sum = unsafe bytes.withUnsafeBytes { unsafe PageChecksum.of($0) }
        #expect(page.checksum == sum)
        let isSame = arena.withBytes(of: extent, count: bytes.count) { seen in
            bytes.indices.allSatisfy { seen[$0] == bytes[$0] }
        }
        #expect(isSame)
        arena.free(extent)
    }

    @Test func `nothing is written behind what was lent, nor behind the arena`() throws {
        let writer = try ArenaWriter(budget: 4 * mebibyte)
        let bytes = [UInt8](repeating: 7, count: 100)
        let page = ArenaPageWriting(writer, at: 4_096, limit: 150)
        unsafe bytes.withUnsafeBytes { unsafe page.add($0) }
        #expect(page.error == nil)
        unsafe bytes.withUnsafeBytes { unsafe page.add($0) }
        #expect(page.error == .outOfBounds(offset: 4_196, bytes: 100))
        #expect(page.byteCount == 100)
        let last = ArenaPageWriting(writer, at: writer.count - 50, limit: 100)
        unsafe bytes.withUnsafeBytes { unsafe last.add($0) }
        #expect(last.error == .outOfBounds(offset: writer.count - 50, bytes: 100))
    }

    @Test func whatNoPageUsesCanGoBackToTheSystem() throws {
        let arena = try Arena(budget: 32 * mebibyte)
        let kept = try arena.allocate(bytes: 4 * mebibyte)
        let other = try arena.allocate(bytes: 8 * mebibyte)
        unsafe arena.mutablePointer(to: kept, count: 1)[0] = 9
        unsafe arena.mutablePointer(to: other, count: 1)[0] = 8
        arena.free(other)
        #expect(try arena.releaseToSystem(upTo: 2 * mebibyte) == 2 * mebibyte)
        #expect(try arena.releaseToSystem() == 6 * mebibyte)
        #expect(arena.committedBytes == 4 * mebibyte)
        #expect(arena.withBytes(of: kept, count: 1) { $0[0] } == 9)
        let again = try arena.allocate(bytes: 8 * mebibyte)
        #expect(arena.withBytes(of: again, count: 1) { $0[0] } == 0)
    }

    @Test func theBudgetIsALimitWithAName() throws {
        let arena = try Arena(budget: 8 * mebibyte)
        _ = try arena.allocate(bytes: 6 * mebibyte)
        #expect(throws: ArenaError.full(bytes: 4 * mebibyte, largestHole: 2 * mebibyte)) {
            try arena.allocate(bytes: 4 * mebibyte)
        }
        #expect(throws: ArenaError.outOfBounds(offset: 0, bytes: 9 * mebibyte)) {
            try arena.allocate(bytes: 9 * mebibyte)
        }
        #expect(throws: ArenaError.outOfBounds(offset: 0, bytes: 0)) {
            try arena.allocate(bytes: 0)
        }
    }

    @Test func aMachineWithoutMemoryIsAnErrorBeforeTheSystemIsAsked() throws {
        // Never let it come to the system's own refusal: it kills processes at random instead.
        let total = try #require(MachineMemory.totalBytes())
        let available = try #require(MachineMemory.availableBytes())
        #expect(available > 0 && available <= total)
        let arena = try Arena(budget: 8 * mebibyte, reserve: total)
        #expect(throws: ArenaError.memoryExhausted(code: ENOMEM)) { try arena.allocate(bytes: 100) }
        #expect(arena.usedBytes == 0)
        #expect(arena.committedBytes == 0)
    }

    @Test func placesOutsideTheArenaAreRefused() throws {
        let arena = try Arena(budget: 4 * mebibyte)
        let view = try ArenaView(owning: dup(arena.descriptor))
        for (offset, count) in [
            (-1, 1), (0, arena.budget + 1), (arena.budget, 1), (1, Int.max), (0, -1),
        ] {
            #expect(throws: ArenaError.outOfBounds(offset: offset, bytes: count)) {
                try view.withBytes(offset: offset, count: count) { _ in }
            }
        }
        for extent in [
            Extent(offset: 0, size: 0), Extent(offset: 1, size: 1), Extent(offset: 0, size: .max),
        ] {
            do throws(ArenaError) {
                _ = try view.openWindow(extent)
                Issue.record("\(extent) was opened.")
            } catch {
                #expect(error == .outOfBounds(offset: extent.offset, bytes: extent.size))
            }
        }
    }
}
