// The files by which a user's processes find a coordinator: only the user's, only living ones.

import Glibc
import SwoopLaunching
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
    _ cluster: String, process: ProcessIdentity = .current()
) -> CoordinatorAddress {
    CoordinatorAddress(
        cluster: cluster, endpoint: "tcp://127.0.0.1:1", serverKey: "server=",
        clientSecretKey: "cl=",
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

    @Test func theAddressOfAProcessThatHasGoneIsRemovedByWhoeverFindsIt() throws {
        try withFolder { folder in
            let child = try ChildProcess(
                starting: LaunchRequest(program: "/bin/true", arguments: []))
            _ = child.waitUntilEnded()
            let now = ProcessIdentity.current()
            let gone = [
                ProcessIdentity(pid: child.pid, startTicks: 1, bootID: now.bootID),
                ProcessIdentity(pid: now.pid, startTicks: now.startTicks + 1, bootID: now.bootID),
                ProcessIdentity(pid: now.pid, startTicks: now.startTicks, bootID: "another"),
            ]
            for process in gone {
                try folder.publish(address("one", process: process))
                #expect(unsafe access(folder.path + "/one.address", F_OK) == 0)
                #expect(try folder.coordinator(of: "one") == nil)
                #expect(unsafe access(folder.path + "/one.address", F_OK) != 0)
            }
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
}
