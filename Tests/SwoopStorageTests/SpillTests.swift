// The spill file on real disks: written by its thread, mapped and verified, given back; folders
// that do not take it.

import Glibc
import SwoopModel
import SwoopStorage
import SwoopTransport
import Testing

private let mebibyte = 1 << 20

/// What lies in a folder.
private func names(in folder: String) -> [String] {
    guard let stream = unsafe opendir(folder) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
        let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names
}

/// A folder for one test.
private final class Folder {
    let path: String
    private var isMounted = false

    /// In `/var/tmp`; with options a file system in memory of its own is mounted there, as root.
    init(mounting options: String? = nil) throws {
        var template = Array("/var/tmp/swoop-spill-XXXXXX\0".utf8.map { CChar(bitPattern: $0) })
        path = try #require(unsafe mkdtemp(&template).map { unsafe String(cString: $0) })
        guard let options else { return }
        try #require(unsafe mount("test", path, "tmpfs", 0, options) == 0)
        isMounted = true
    }

    func makeReadOnly() throws {
        try #require(unsafe mount("test", path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0)
    }

    deinit {
        if isMounted { _ = unsafe umount2(path, 2) }
        _ = unsafe rmdir(path)
    }
}

private let isRoot = getuid() == 0

/// A page on the disk.
private func place(_ offset: Int, _ byteCount: Int, _ checksum: UInt64) -> PageExtent {
    PageExtent(
        offset: Int64(offset),
        pages: StoredPages(byteCount: Int64(byteCount), elementCount: 1, checksum: checksum),
        medium: .disk)
}

/// A spill thread with pages to write.
private final class Spiller {
    let arena: Arena
    let thread: SpillThread
    private var poll = PollLoop()

    init(_ file: SpillFile) throws {
        arena = try Arena(budget: 32 * mebibyte)
        thread = try SpillThread(file: file)
        _ = poll.watch(descriptor: thread.news.wakeup.descriptor)
    }

    /// An extent filled with bytes that the seed makes.
    func page(_ count: Int, seed: Int) throws -> Extent {
        let extent = try arena.allocate(bytes: count)
        let target = unsafe arena.mutablePointer(to: extent, count: count)
        for index in 0..<count {
            unsafe target[index] = UInt8(truncatingIfNeeded: index &* 31 &+ seed)
        }
        return extent
    }

    /// The next news, however long it takes.
    func news() throws -> [SpillThread.News] {
        while true {
            let news = thread.news.take()
            if !news.isEmpty { return news }
            try poll.wait(until: nil)
        }
    }

    deinit { thread.stop() }
}

@Suite struct SpillTests {
    @Test func `a page is written by the thread, read, mapped in parts, and verified`() throws {
        let folder = try Folder()
        let file = try SpillFile(in: folder.path)
        #expect(names(in: folder.path).isEmpty)
        let spiller = try Spiller(file)
        let count = 9 * mebibyte + 100
        let extent = try spiller.page(count, seed: 1)
        spiller.thread.write(1, extent, count: count, of: spiller.arena, at: 8_192)
        guard case .written(1)? = try spiller.news().first else { throw Unexpected() }
        spiller.thread.read(2, at: 8_192 + 64, count: 1_000)
        guard case .read(2, let bytes)? = try spiller.news().first else { throw Unexpected() }
        #expect(bytes == (0..<1_000).map { UInt8(truncatingIfNeeded: ($0 + 64) &* 31 &+ 1) })
        let view = SpillView(owning: dup(file.descriptor))
        for (offset, count) in [(0, count), (64, 1_000), (5 * mebibyte, 4 * mebibyte), (0, 0)] {
            let part = unsafe UnsafeRawBufferPointer(
                rebasing: spiller.arena.pointer(to: extent, count: offset + count)[offset...])
            let checksum = unsafe PageChecksum.of(part)
            for _ in 0..<2 {
                let mapping = try #require(
                    try view.map(place(8_192 + offset, count, checksum)))
                #expect(unsafe mapping.bytes.elementsEqual(part))
            }
            #expect(
                try view.map(place(8_192 + offset, count, checksum ^ 1)) == nil)
        }
    }

    @Test func `a page that is written on the spot lies in the file where it belongs`() throws {
        let folder = try Folder()
        let file = try SpillFile(in: folder.path)
        let view = SpillView(owning: dup(file.descriptor))
        let window = try view.openWindow(place(12_288, 100_000, 0))
        let bytes = unsafe window.bytes
        #expect(bytes.count == 100_000)
        for index in bytes.indices {
            unsafe bytes[index] = UInt8(truncatingIfNeeded: index &* 31)
        }
        let written = unsafe UnsafeRawBufferPointer(rebasing: bytes[..<90_000])
        #expect(window.write(count: 90_000) == 0)
        let checksum = unsafe PageChecksum.of(written)
        let mapping = try #require(try view.map(place(12_288, 90_000, checksum)))
        #expect(unsafe mapping.bytes.elementsEqual(written))
        // No more than was to be.
        #expect(throws: StorageError.self) { try file.read(at: 12_288, count: 90_001) }
    }

    @Test func `a changed byte on the disk shows`() throws {
        let folder = try Folder()
        let file = try SpillFile(in: folder.path)
        let spiller = try Spiller(file)
        let extent = try spiller.page(100_000, seed: 2)
        let bytes = unsafe spiller.arena.pointer(to: extent, count: 100_000)
        let checksum = unsafe PageChecksum.of(bytes)
        try unsafe file.write(bytes, at: 0)
        try unsafe file.write(UnsafeRawBufferPointer(rebasing: bytes[5..<6]), at: 70_000)
        let view = SpillView(owning: dup(file.descriptor))
        #expect(try view.map(place(0, 100_000, checksum)) == nil)
    }

    @Test func `a file that is cut, and grows again, has none of what was verified in it`() throws {
        let folder = try Folder()
        let file = try SpillFile(in: folder.path)
        let spiller = try Spiller(file)
        let count = 3 * mebibyte
        let extent = try spiller.page(count, seed: 5)
        let bytes = unsafe spiller.arena.pointer(to: extent, count: count)
        let checksum = unsafe PageChecksum.of(bytes)
        let view = SpillView(owning: dup(file.descriptor))
        let part = SpilledPart(offset: mebibyte, byteCount: count, checksum: checksum)
        func readPart() throws -> [SpillThread.News] {
            spiller.thread.read(7, at: part.offset + 5, count: 100, of: [part])
            return try spiller.news()
        }
        try unsafe file.write(bytes, at: part.offset)
        #expect(try view.map(place(part.offset, count, checksum)) != nil)
        guard case .read? = try readPart().first else { throw Unexpected() }
        for end in [0, 2 * mebibyte, part.offset + count - 8_192] {
            try #require(ftruncate(file.descriptor, end) == 0)
            #expect(try view.map(place(part.offset, count, checksum)) == nil)
            guard case .unreadable? = try readPart().first else { throw Unexpected() }
            try #require(ftruncate(file.descriptor, 9 * mebibyte) == 0)
            #expect(try view.map(place(part.offset, count, checksum)) == nil)
            guard case .unreadable? = try readPart().first else { throw Unexpected() }
            try unsafe file.write(bytes, at: part.offset)
            #expect(try view.map(place(part.offset, count, checksum)) != nil)
            guard case .read? = try readPart().first else { throw Unexpected() }
        }
    }

    @Test func `places outside of the file are refused`() throws {
        let folder = try Folder()
        let file = try SpillFile(in: folder.path)
        try unsafe [UInt8](repeating: 1, count: 5_000).withUnsafeBytes {
            try unsafe file.write($0, at: 0)
        }
        let view = SpillView(owning: dup(file.descriptor))
        for (offset, count) in [(-1, 1), (1, Int.max), (0, -1)] {
            #expect(throws: StorageError.self) {
                try view.map(place(offset, count, 0))
            }
        }
        // A file that was cut has no such bytes any more: the page is to be made again.
        for (offset, count) in [(0, 5_001), (5_000, 1)] {
            #expect(try view.map(place(offset, count, 0)) == nil)
        }
        #expect(throws: StorageError.self) { try file.read(at: 0, count: 5_001) }
    }

    @Test func `what is released goes back to the disk`() throws {
        let folder = try Folder()
        let file = try SpillFile(in: folder.path)
        let spiller = try Spiller(file)
        let extent = try spiller.page(4 * mebibyte, seed: 3)
        spiller.thread.write(1, extent, count: 4 * mebibyte, of: spiller.arena, at: 0)
        _ = try spiller.news()
        _ = fsync(file.descriptor)
        var status = stat()
        _ = unsafe fstat(file.descriptor, &status)
        #expect(status.st_blocks * 512 >= 4 * mebibyte)
        spiller.thread.release(9, Extent(offset: 0, size: 4 * mebibyte))
        guard case .released(9)? = try spiller.news().first else { throw Unexpected() }
        spiller.thread.read(2, at: 0, count: 1)
        guard case .read(2, let bytes)? = try spiller.news().first else { throw Unexpected() }
        #expect(bytes == [0])
        _ = unsafe fstat(file.descriptor, &status)
        #expect(status.st_blocks * 512 < mebibyte)
    }

    @Test func `reads go between the pieces of a long write`() throws {
        let folder = try Folder()
        let file = try SpillFile(in: folder.path)
        try unsafe [UInt8](repeating: 7, count: 100).withUnsafeBytes {
            try unsafe file.write($0, at: 0)
        }
        let spiller = try Spiller(file)
        let extent = try spiller.page(30 * mebibyte, seed: 4)
        let writes = 1...8 as ClosedRange<UInt64>
        for job in writes {
            spiller.thread.write(job, extent, count: 30 * mebibyte, of: spiller.arena, at: 4_096)
        }
        for job in 9...12 as ClosedRange<UInt64> { spiller.thread.read(job, at: 0, count: 100) }
        var order: [UInt64] = []
        while order.count < 12 {
            for news in try spiller.news() {
                switch news {
                case .written(let job), .read(let job, _): order.append(job)
                case .failed, .unreadable, .released: throw Unexpected()
                }
            }
        }
        #expect(order.last == writes.upperBound)
        #expect(order.filter { writes.contains($0) } == Array(writes))
        #expect(order.filter { !writes.contains($0) } == [9, 10, 11, 12])
    }

    @Test(.enabled(if: isRoot)) func `a full disk is an error with folder and reason`() throws {
        let folder = try Folder(mounting: "size=8m")
        let file = try SpillFile(in: folder.path)
        let spiller = try Spiller(file)
        let extent = try spiller.page(12 * mebibyte, seed: 5)
        spiller.thread.write(1, extent, count: 12 * mebibyte, of: spiller.arena, at: 0)
        guard case .failed(1, let error)? = try spiller.news().first else { throw Unexpected() }
        #expect(
            error.description
                == "pages cannot be kept in \(folder.path): No space left on device")
        let view = SpillView(owning: dup(file.descriptor))
        let window = try view.openWindow(place(0, 12 * mebibyte, 0))
        #expect(window.write(count: 12 * mebibyte) == ENOSPC)
        // The memory is as it was, and what fits goes.
        spiller.thread.release(9, Extent(offset: 0, size: 12 * mebibyte))
        guard case .released(9)? = try spiller.news().first else { throw Unexpected() }
        spiller.thread.write(2, extent, count: 6 * mebibyte, of: spiller.arena, at: 0)
        guard case .written(2)? = try spiller.news().first else { throw Unexpected() }
    }

    @Test(.enabled(if: isRoot)) func `an unwritable folder is named`() throws {
        let folder = try Folder(mounting: "size=1m")
        try folder.makeReadOnly()
        let expected = StorageError.spill(folder: folder.path, reason: "Read-only file system")
        #expect(throws: expected) { try SpillFile.open(named: folder.path, home: nil) }
        let absent = StorageError.spill(folder: "/absent", reason: "No such file or directory")
        #expect(throws: absent) { try SpillFile.open(named: "/absent", home: nil) }
    }

    @Test func `without a name a folder on a disk is taken`() throws {
        let file = try SpillFile.open(named: nil, home: nil)
        #expect(file.folder == "/var/tmp" || file.folder == "/tmp")
    }

    @Test func `a thread that is stopped leaves what it has not done`() throws {
        let folder = try Folder()
        let spiller = try Spiller(try SpillFile(in: folder.path))
        let extent = try spiller.page(30 * mebibyte, seed: 6)
        for job in 0..<50 as Range<UInt64> {
            spiller.thread.write(job, extent, count: 30 * mebibyte, of: spiller.arena, at: 0)
        }
        spiller.thread.stop()
        #expect(spiller.thread.news.take().count < 50)
    }
}

private struct Unexpected: Error {}
