// More pages than a node's memory has room for: on its disk, in real processes.

import Glibc
import SwoopLaunching
import TestPrograms
import Testing

extension ProgramTests {
    @Suite struct StoreTests {
        private let folder: TestFolder
        private let spill: SpillFolder

        init() throws {
            folder = try TestFolder()
            spill = try SpillFolder()
        }

        private func start(_ command: String..., by variable: String = "SWOOP_SPILL") throws
            -> ProgramRun
        {
            try ProgramRun(command, in: folder, environment: [variable: spill.path])
        }

        @Test func `collections of four times the memory are stored and read back right`() throws {
            let run = try start("store")
            #expect(try run.end(within: 240) == .exited(0), "\(run.output)\(run.errors)")
            for name in [
                "array", "collected", "stored, read 1 times", "stored, read 2 times",
                "most in memory",
            ] {
                #expect(run.values[name] == "true", "\(name): \(run.output)")
            }
            #expect(!run.errors.contains("memory for pages is full"))
            #expect(TestFolder.names(in: spill.path) == [])
        }

        @Test(arguments: [0, 1])
        func `what lies on the disk is gone with its processes, however they end`(worker: Int)
            throws
        {
            let run = try start("spilled")
            _ = try run.value(of: "holds")
            let agent = try #require(folder.children(of: run.process.pid).first)
            let child = try #require(folder.children(of: agent).first)
            let spilled = spill.spilledBytes(by: agent)
            #expect(spilled >= 32 << 20)
            // The worker reads the very same file.
            #expect(spill.spilledBytes(by: child) == spilled)
            #expect(TestFolder.names(in: spill.path) == [])
            if worker == 1 { #expect(kill(child, SIGKILL) == 0) }
            #expect(kill(agent, SIGKILL) == 0)
            #expect(try run.end() == .exited(1))
            #expect(try folder.processes(leftAfter: 2) == [])
            #expect(TestFolder.names(in: spill.path) == [])
        }

        @Test(arguments: [false, true])
        func `pages that a disk gives back wrong, or that were cut off, are made again`(
            isCut: Bool
        ) throws {
            let sign = folder.path + "/damaged"
            let run = try start("damaged", sign)
            _ = try run.value(of: "holds")
            let agent = try #require(folder.children(of: run.process.pid).first)
            if isCut {
                #expect(try spill.cut(by: agent) > 10 << 20)
            } else {
                #expect(try spill.damage(by: agent, every: 1 << 20) > 10)
            }
            _ = close(unsafe creat(sign, 0o600))
            #expect(try run.end(within: 120) == .exited(0), "\(run.output)\(run.errors)")
            #expect(run.values["right"] == "true", "\(run.output)\(run.errors)")
            #expect(run.values["collected right"] == "true", "\(run.output)\(run.errors)")
            #expect(run.errors.contains("bytes came back wrong from the disk"), "\(run.errors)")
        }

        @Test(.enabled(if: getuid() == 0))
        func `a full disk is an error that names it, told once, and the rest works`() throws {
            try spill.mount("size=4m")
            let run = try start("full-disk")
            #expect(try run.end(within: 120) == .exited(0), "\(run.output)\(run.errors)")
            let reason = "pages cannot be kept in \(spill.path): No space left on device"
            let error = try #require(run.values["too much"])
            #expect(error.contains("no room for a page of"), "\(error)")
            #expect(error.contains(reason), "\(error)")
            #expect(error.contains("node local has no room"), "\(error)")
            #expect(run.values["what fits"] == "\((32 << 20) / 16)")
            let remarks = run.errors.split(separator: "\n").filter {
                $0.contains("memory for pages is full and \(reason)")
            }
            #expect(remarks.count == 1, "\(run.errors)")
        }

        @Test(
            .enabled(
                if: unsafe getuid() == 0
                    && access("/sys/fs/cgroup/memory/cgroup.procs", W_OK) == 0,
                "it needs root and a memory controller of its own"),
            arguments: [true, false])
        func `where the system has no memory left, pages go to the disk or are refused`(
            hasDisk: Bool
        ) throws {
            let group = "/sys/fs/cgroup/memory/swoop-\(getpid())-\(hasDisk)"
            try #require(unsafe mkdir(group, 0o755) == 0)
            defer { _ = unsafe rmdir(group) }
            if !hasDisk { spill.path = "/absent" }
            let run = try ProgramRun(
                [
                    "-c",
                    """
                    echo 650000000 > \(group)/memory.limit_in_bytes && echo $$ > \
                    \(group)/cgroup.procs && exec \(try #require(ProgramRun.programPath)) exhausted
                    """,
                ], in: folder, program: "/bin/sh", environment: ["TEST_SPILL": spill.path])
            #expect(try run.end(within: 120) == .exited(0), "\(run.output)\(run.errors)")
            let pages = try #require(run.values["pages"])
            if hasDisk {
                #expect(pages == "no error: 136")
            } else {
                let error =
                    "node local has no room for a page of 52428808 bytes: "
                    + "pages cannot be kept in /absent: No such file or directory"
                #expect(pages.contains(error), "\(pages)")
            }
            #expect(run.values["afterwards"] == "2")
            #expect(!run.errors.contains("is lost"), "\(run.errors)")
        }

        @Test(arguments: [
            ("/absent", "No such file or directory"), ("/proc", "No such file or directory"),
            ("/etc/passwd", "Not a directory"),
        ])
        func `a folder that cannot be written is named`(path: String, words: String) throws {
            spill.path = path
            let run = try start("full-disk")
            #expect(try run.end(within: 120) == .exited(0), "\(run.output)\(run.errors)")
            let reason = "pages cannot be kept in \(path): \(words)"
            #expect(run.values["too much"]?.contains(reason) == true, "\(run.output)")
            #expect(run.values["what fits"] == "\((32 << 20) / 16)")
        }

        @Test func `the options name a folder, and what is wrong with it is told at once`() throws {
            let run = try start("spilled", by: "TEST_SPILL")
            _ = try run.value(of: "holds")
            let agent = try #require(folder.children(of: run.process.pid).first)
            #expect(spill.spilledBytes(by: agent) >= 32 << 20)
            #expect(kill(run.process.pid, SIGKILL) == 0)
            #expect(try folder.processes(leftAfter: 5) == [])
            spill.path = "/absent"
            let other = try start("full-disk", by: "TEST_SPILL")
            #expect(try other.end(within: 120) == .exited(0), "\(other.output)\(other.errors)")
            let reason = "pages cannot be kept in /absent: No such file or directory"
            let remarks = other.errors.split(separator: "\n").filter { $0.contains(reason) }
            #expect(remarks.first?.contains("node local: ") == true, "\(other.errors)")
            #expect(remarks.first?.contains("memory for pages is full") == false, "\(remarks)")
            #expect(other.values["too much"]?.contains(reason) == true, "\(other.output)")
        }
    }
}

/// A folder on a disk for one test.
private final class SpillFolder {
    var path: String
    private let made: String
    private var isMounted = false

    init() throws {
        var template = Array("/var/tmp/swoop-test-XXXXXX".utf8CString)
        try #require(unsafe mkdtemp(&template) != nil)
        made = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        path = made
    }

    /// Puts a file system in memory there.
    func mount(_ options: String) throws {
        try #require(unsafe Glibc.mount("test", made, "tmpfs", 0, options) == 0)
        isMounted = true
    }

    /// Bytes that a process holds in files of the folder's disk that have no name.
    func spilledBytes(by process: Int32) -> Int {
        files(of: process).reduce(0) { sum, file in
            var status = stat()
            _ = unsafe stat(file, &status)
            return sum + Int(status.st_blocks) * 512
        }
    }

    /// Writes a byte over others of the files that a process holds here; how many there were.
    func damage(by process: Int32, every step: Int) throws -> Int {
        var count = 0
        for path in files(of: process) {
            let file = unsafe open(path, O_RDWR | O_CLOEXEC)
            try #require(file >= 0)
            defer { _ = close(file) }
            let end = Int(lseek(file, 0, SEEK_END))
            for offset in stride(from: 999, to: end, by: step) {
                var byte: UInt8 = 0
                guard unsafe pread(file, &byte, 1, offset) == 1 else { continue }
                byte ^= 0x10
                count += unsafe pwrite(file, &byte, 1, offset)
            }
        }
        return count
    }

    /// Takes all bytes from the files that a process holds here, as whoever is of its user can; how
    /// many there were.
    func cut(by process: Int32) throws -> Int {
        var count = 0
        for path in files(of: process) {
            let file = unsafe open(path, O_RDWR | O_CLOEXEC)
            try #require(file >= 0)
            defer { _ = close(file) }
            count += Int(lseek(file, 0, SEEK_END))
            try #require(ftruncate(file, 0) == 0)
        }
        return count
    }

    private func files(of process: Int32) -> [String] {
        let descriptors = "/proc/\(process)/fd"
        return TestFolder.names(in: descriptors).map { "\(descriptors)/\($0)" }.filter { file in
            var link = [UInt8](repeating: 0, count: 4_096)
            let length = unsafe readlink(file, &link, link.count)
            return String(decoding: link.prefix(max(0, length)), as: UTF8.self).hasPrefix(path)
        }
    }

    deinit {
        if isMounted { _ = unsafe umount2(made, 2) }
        _ = unsafe rmdir(made)
    }
}
