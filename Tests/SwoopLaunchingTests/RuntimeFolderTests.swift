// The files by which a user's processes find a coordinator: only the user's, only living ones.

import Glibc
import SwoopLaunching
import SwoopTransport
import Testing

private func withFolder(_ body: (RuntimeFolder) throws -> Void) throws {
    var template = Array("/tmp/swoop-test-XXXXXX".utf8CString)
    guard unsafe mkdtemp(&template) != nil else {
        throw LaunchError.systemCall("mkdtemp", code: errno)
    }
    let path = String(
        decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
        _ = unsafe unlink(path + "/here/one.address")
        _ = unsafe unlink(path + "/here/two.address")
        _ = unsafe rmdir(path + "/here")
        _ = unsafe rmdir(path)
    }
    try body(try RuntimeFolder(at: path + "/here"))
}

private func address(
    _ cluster: String, endpoint: String = "tcp://127.0.0.1:1",
    process: ProcessIdentity = .current()
) -> CoordinatorAddress {
    CoordinatorAddress(
        cluster: cluster, endpoint: endpoint, serverKey: "server=",
        clientSecretKey: Secret(copying: "cl="),
        process: process)
}

@Suite struct RuntimeFolderTests {
    @Test func whatIsPublishedIsFoundUntilItIsWithdrawn() throws {
        try withFolder { folder in
            #expect(try folder.coordinator(of: "one") == nil)
            try folder.publish(address("one"))
            try folder.publish(address("two"))
            try folder.publish(address("one"))
            #expect(try folder.coordinator(of: "one") == address("one"))
            #expect(try folder.coordinators() == [address("one"), address("two")])
            var status = stat()
            #expect(unsafe stat(folder.path + "/one.address", &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            try folder.withdraw(address("one"))
            #expect(try folder.coordinators() == [address("two")])
        }
    }

    @Test func `a copy of an address under another name is no second cluster`() throws {
        try withFolder { folder in
            try folder.publish(address("one"))
            for name in ["two", "one.copy", "one~"] {
                #expect(
                    unsafe link(folder.path + "/one.address", folder.path + "/\(name).address") == 0
                )
            }
            #expect(try folder.coordinators() == [address("one")])
            #expect(try folder.coordinator(of: "two") == nil)
            try folder.publish(address("two"))
            #expect(try folder.coordinators() == [address("one"), address("two")])
            try folder.withdraw(address("one"))
            try folder.withdraw(address("two"))
        }
    }

    @Test func textsOfAnAddressThatBeginOrEndOddlyComeBack() {
        for odd in ["\u{301}x", "x\r", "=", ""] {
            let process = ProcessIdentity(
                pid: 1, startTicks: 2, bootID: odd, namespace: odd, machine: odd)
            var bytes = address("one", process: process).fileBytes
            #expect(CoordinatorAddress(fileBytes: &bytes) == address("one", process: process))
        }
    }

    @Test func theAddressOfAProcessThatHasGoneIsRemovedByWhoeverFindsIt() throws {
        try withFolder { folder in
            let child = try ChildProcess(
                starting: LaunchRequest(program: "/bin/true", arguments: []))
            _ = child.waitUntilEnded()
            let now = ProcessIdentity.current()
            let gone = [
                ProcessIdentity(pid: child.pid, startTicks: 1, bootID: now.bootID),
                ProcessIdentity(pid: now.pid, startTicks: now.startTicks + 1, bootID: now.bootID),
            ]
            for process in gone {
                try folder.publish(address("one", process: process))
                #expect(unsafe access(folder.path + "/one.address", F_OK) == 0)
                #expect(try folder.coordinator(of: "one") == nil)
                #expect(unsafe access(folder.path + "/one.address", F_OK) != 0)
            }
        }
    }

    @Test func whatCannotBeToldFromHereIsNeitherRemovedNorReplaced() throws {
        try withFolder { folder in
            let now = ProcessIdentity.current()
            func other(
                boot: String? = nil, namespace: String? = nil, machine: String? = nil
            ) -> ProcessIdentity {
                ProcessIdentity(
                    pid: 2_000_000_000, startTicks: 1, bootID: boot ?? now.bootID,
                    namespace: namespace ?? now.namespace, machine: machine ?? now.machine)
            }
            let foreign = [
                other(namespace: "1-1"), other(namespace: ""), other(boot: ""),
                // A copy of this machine, or this one before it started anew.
                other(boot: "another"),
                other(boot: "another", machine: "another"), other(machine: ""),
            ]
            for process in foreign {
                #expect(process.standing == .foreign)
                try folder.publish(address("one", process: process))
                let found = try folder.coordinator(of: "one")
                #expect(found?.process == process)
                #expect(try folder.coordinators().count == 1)
                let file = folder.path + "/one.address"
                #expect(throws: LaunchError.clusterRuns("one", pid: process.pid, file: file)) {
                    try folder.publish(address("one"))
                }
                try folder.withdraw(address("one"))
                #expect(unsafe access(file, F_OK) == 0)
                try folder.withdraw(address("one", process: process))
                #expect(unsafe access(file, F_OK) != 0)
            }
            #expect(other().standing == .ended)
            #expect(now.standing == .running)
        }
    }

    /// A file as a socket's place, without a socket.
    private func make(_ place: SocketFile) -> String {
        let path = String(place.endpoint.dropFirst("ipc://".count))
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        if descriptor >= 0 { close(descriptor) }
        return path
    }

    @Test func theFileOfASocketGoesWithItsHolderOrWithItsAddress() throws {
        try withFolder { folder in
            let one = try SocketFile(in: folder)
            let two = try SocketFile(in: folder)
            let paths = [make(one), make(two)]
            #expect(Set(paths).count == 2)
            #expect(paths.allSatisfy { unsafe access($0, F_OK) == 0 })
            one.remove()
            #expect(unsafe access(paths[0], F_OK) != 0)
            let now = ProcessIdentity.current()
            let gone = ProcessIdentity(pid: now.pid, startTicks: 1, bootID: now.bootID)
            // Only a socket's file that lies in this very folder.
            let other = folder.path + "/../two.socket"
            let kept = ["ipc://" + other, "ipc://" + folder.path + "/one.address"]
            for (endpoint, isThere) in kept.map({ ($0, true) }) + [(two.endpoint, false)] {
                try folder.publish(address("one", endpoint: endpoint, process: gone))
                #expect(try folder.coordinators() == [])
                #expect((unsafe access(paths[1], F_OK) == 0) == isThere, "\(endpoint)")
            }
        }
    }

    @Test func aFolderWhoseNameFitsNoSocketIsRefusedForOne() throws {
        for name in [String(repeating: "n", count: 70), "line\nbreak"] {
            try withFolder { folder in
                let path = folder.path + "/" + name
                let inner = try RuntimeFolder(at: path)
                defer { _ = unsafe rmdir(path) }
                #expect(throws: LaunchError.self) { _ = try SocketFile(in: inner) }
            }
        }
    }

    /// Runs until it is ended, in a namespace of processes of its own.
    private func elsewhere(_ arguments: String..., mountsProc: Bool) throws -> ChildProcess {
        var request = try LaunchRequest.probe("address")
        guard case .path(let program) = request.program else { throw LaunchError.malformedRole("") }
        request.program = .path("/usr/bin/unshare")
        request.arguments =
            ["unshare", "--pid", "--fork", "--kill-child"]
            + (mountsProc ? ["--mount-proc"] : []) + [program] + arguments
        request.output = .piped
        return try ChildProcess(starting: request)
    }

    private func firstLines(_ count: Int, of process: ChildProcess) throws -> [String] {
        var poll = PollLoop()
        guard let pipe = process.standardOutput else { return [] }
        _ = poll.watch(descriptor: pipe.descriptor)
        var bytes: [UInt8] = []
        let limit = MonotonicClock.nanoseconds() + 60_000_000_000
        while bytes.count(where: { $0 == 10 }) < count, MonotonicClock.nanoseconds() < limit {
            try poll.wait(until: limit)
            bytes += pipe.read()
            if pipe.isEnded { break }
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test(.enabled(if: unsafe geteuid() == 0 && access("/usr/bin/unshare", X_OK) == 0))
    func aToolInAnotherNamespaceOfProcessesLeavesALiveAddressAlone() throws {
        for mountsProc in [true, false] {
            try withFolder { folder in
                try folder.publish(address("one"))
                let other = try elsewhere(
                    folder.path, "one", "two", mountsProc: mountsProc)
                defer { other.endNow() }
                let lines = try firstLines(2, of: other)
                #expect(lines.first?.hasPrefix("refused: process \(getpid()) keeps") == true)
                let own = mountsProc ? "running" : "foreign"
                #expect(lines.last == "pid 1 sees one foreign, two \(own)")
                // Nor does this one touch that one's, whose number here is somebody else's.
                let seen = try folder.coordinators()
                #expect(seen.map(\.cluster) == ["one", "two"])
                #expect(seen.map(\.process.standing) == [.running, .foreign])
                #expect(seen.last?.process.pid == 1)
                #expect(throws: LaunchError.self) { try folder.publish(address("two")) }
                #expect(unsafe access(folder.path + "/two.address", F_OK) == 0)
            }
        }
    }

    @Test func manyWhoPublishAndLookAtOnceLoseNoAddressThatLives() throws {
        try withFolder { folder in
            let now = ProcessIdentity.current()
            let gone = ProcessIdentity(pid: now.pid, startTicks: 1, bootID: now.bootID)
            let looker = try LoopThread(named: "looker") {
                for _ in 0..<300 { _ = try? folder.coordinators() }
            }
            for _ in 0..<300 {
                try folder.publish(address("one", process: gone))
                try folder.publish(address("one"))
                let found = try folder.coordinator(of: "one")
                #expect(found == address("one"))
                try folder.withdraw(address("one"))
            }
            looker.join()
        }
    }

    @Test func aPipeADeviceOrALinkInTheFolderIsNoAddressAndKeepsNobodyWaiting() throws {
        try withFolder { folder in
            let target = folder.path + "/target"
            try folder.publish(address("one"))
            #expect(unsafe rename(folder.path + "/one.address", target) == 0)
            let makers: [(String) -> Int32] = [
                { unsafe mkfifo($0, 0o600) }, { unsafe symlink(target, $0) },
                { unsafe mkdir($0, 0o700) }, { unsafe symlink("/dev/zero", $0) },
            ]
            for (number, make) in makers.enumerated() {
                let path = folder.path + "/one.address"
                #expect(make(path) == 0)
                #expect(try folder.coordinator(of: "one") == nil)
                #expect(try folder.coordinators().isEmpty)
                if number != 2 {
                    try folder.publish(address("one"))
                    #expect(try folder.coordinator(of: "one") == address("one"))
                }
                #expect(unsafe remove(path) == 0)
            }
            #expect(unsafe access(target, F_OK) == 0)
        }
    }

    @Test func aDamagedFileIsNoAddress() throws {
        try withFolder { folder in
            let descriptor = unsafe open(folder.path + "/one.address", O_WRONLY | O_CREAT, 0o600)
            _ = unsafe write(descriptor, "cluster=one\nend", 15)
            close(descriptor)
            let found = try folder.coordinator(of: "one")
            #expect(found == nil)
        }
    }

    @Test(arguments: ["", "a/b", "..", "a b", "ä", String(repeating: "a", count: 65)])
    func aNameThatCouldLeaveTheFolderIsRefused(name: String) throws {
        try withFolder { folder in
            #expect(throws: LaunchError.unusableName(name)) { try folder.coordinator(of: name) }
        }
    }

    @Test func aFolderThatIsOpenToOthersOrALinkIsRefused() throws {
        try withFolder { folder in
            #expect(unsafe chmod(folder.path, 0o755) == 0)
            #expect(
                throws: LaunchError.unsafeFolder(
                    path: folder.path, reason: "its mode is 755, not 700")
            ) { try RuntimeFolder(at: folder.path) }
            #expect(unsafe chmod(folder.path, 0o700) == 0)
            let link = folder.path + "/link"
            #expect(unsafe symlink("/tmp", link) == 0)
            defer { _ = unsafe unlink(link) }
            #expect(throws: LaunchError.unsafeFolder(path: link, reason: "it is not a folder")) {
                try RuntimeFolder(at: link)
            }
        }
    }

    @Test func aFolderThatSomebodyElseCouldReplaceIsRefused() throws {
        try withFolder { folder in
            let above = String(folder.path.dropLast("/here".count))
            func refusal() -> String {
                do {
                    _ = try RuntimeFolder(at: folder.path)
                    return ""
                } catch {
                    return "\(error)"
                }
            }
            #expect(unsafe chmod(above, 0o777) == 0)
            #expect(refusal().contains("others can write into \(above) (777)"), "\(refusal())")
            #expect(refusal().contains("XDG_RUNTIME_DIR"))
            #expect(unsafe chmod(above, 0o1777) == 0)
            #expect(refusal() == "")
            #expect(unsafe chmod(above, 0o700) == 0)
            guard getuid() == 0 else { return }
            #expect(unsafe chown(above, 4_711, 4_711) == 0)
            #expect(refusal().contains("\(above) belongs to another user (4711)"), "\(refusal())")
            #expect(unsafe chown(above, 0, 0) == 0)
        }
    }
}
