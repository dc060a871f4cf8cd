// Files, and what the system says: programs, archives, addresses, measurements.

import SwoopHosts
import SwoopLaunching
import SwoopModel
import SwoopStorage
import SwoopTransport

extension FuzzGroup {
    static let files: [Entry] = [
        Entry("manifest", seeds: { [Array(manifest.text.utf8)] }) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let id = ProgramID(ContentDigest.of(text))
            let found = try? ProgramManifest(
                checking: text, id: id, name: "n", architecture: "x86_64")
            if let found { expectSame(found.text, text, "a manifest") }
        },
        Entry("executable", seeds: { [executable] }) { ExecutableImage.read($0) },
        Entry("archive member", seeds: { [Gzip.member([1, 2, 3, 3, 3, 3, 3])] }) { bytes in
            for count in [0, 7, 4_096] {
                let found = Gzip.bytes(of: bytes, byteCount: count)
                precondition(found.map { $0.count == count } ?? true, "of another length")
            }
        },
        Entry("address", seeds: { [address.fileBytes] }) { bytes in
            var bytes = bytes
            guard let found = CoordinatorAddress(fileBytes: &bytes) else { return }
            var written = found.fileBytes
            expectSame(CoordinatorAddress(fileBytes: &written), found, "an address")
        },
        Entry("agent's configuration", seeds: { [configuration.withEncoded { $0 }] }) { bytes in
            var bytes = bytes
            guard let found = try? AgentConfiguration(decoding: &bytes) else { return }
            var written = found.withEncoded { $0 }
            expectSame(
                try? AgentConfiguration(decoding: &written), found, "a configuration")
        },
        Entry("measurements", seeds: { texts(["1 2 3 4 5 w\n-1 0 0 9 9 c 1.5 nan 1e300\n"]) }) {
            let found = ModelRunText.records(of: String(decoding: $0, as: UTF8.self))
            let text = ModelRunText.text(of: found)
            let again = ModelRunText.records(of: text)
            expectSame(ModelRunText.text(of: again), text, "a history")
            _ = RecordWindow.indicesToKeep(of: found, limit: 3)
        },
        Entry("control groups", seeds: { texts([controlGroups]) }) { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let groups = ControlGroups(memberships: text, mounts: text)
            for controller in ["cpu", "memory"] { _ = groups.folders(of: controller) }
        },
        Entry("word for a shell", seeds: { texts(["it's", "a\n$(b) *", "-x", "=", ""]) }) {
            // A longer one, each byte of it quoted, is more than the system lets an argument have.
            let letters = $0.prefix(16 << 10)
            let written = ShellWord.quoted(Array(letters))
            let word = letters.filter { $0 != 0 }
            // Before a shell is asked: what is wrong could do anything.
            expectSame(LiteralWord.value(of: written), word, "a word for a shell")
            expectSame(LiteralWord.asked(of: written), word, "a word that a shell was given")
        },
    ]

    static func texts(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }

    private static let manifest = ProgramManifest(
        name: "n", architecture: "x86_64",
        files: [
            ProgramFile(name: "program", digest: ContentDigest.of("a"), byteCount: 12),
            ProgramFile(name: "libc.so.6", digest: ContentDigest.of("b"), byteCount: 1 << 20),
        ])

    private static let address = CoordinatorAddress(
        cluster: "c", endpoint: "tcp://127.0.0.1:1", serverKey: "s",
        clientSecretKey: Secret(copying: "k"),
        process: ProcessIdentity(
            pid: 1, startTicks: 2, bootID: "b", namespace: "1-2", machine: "m"))

    private static let configuration: AgentConfiguration = {
        var configuration = AgentConfiguration(
            endpoints: ["tcp://10.0.0.1:4000", "tcp://[fd00::1]:4000"], serverKey: "s",
            secretKey: Secret(copying: "k="), name: "node a", slots: 3, pageBudget: 1 << 30,
            program: ProgramID("p"))
        configuration.cacheFolder = "/c"
        configuration.listening = ["10.0.0.7"]
        configuration.announced = ["node-a.example"]
        return configuration
    }()

    private static let controlGroups =
        "0::/user.slice/a b\n4:cpu,cpuacct:/x\n"
        + "36 35 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
        + "37 35 0:31 /x /sys/fs/cgroup/cpu\\040a rw shared:9 - cgroup cgroup rw,cpu,cpuacct\n"

    /// The header of a 64-bit file, a segment that is loaded, a dynamic section and its names.
    private static let executable: [UInt8] = {
        func number(_ value: UInt64, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
        }
        func segment(_ kind: UInt64, at offset: UInt64, _ count: UInt64) -> [UInt8] {
            number(kind, 4) + number(0, 4) + number(offset, 8) + number(offset, 8)
                + number(offset, 8) + number(count, 8) + number(count, 8) + number(0, 8)
        }
        var file: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + number(0, 25)
        file += number(64, 8) + number(0, 8) + number(0, 6) + number(56, 2) + number(2, 2)
        file += number(0, 6)
        file += segment(1, at: 0, 400) + segment(2, at: 176, 64)
        for (tag, value) in [(1, 1), (5, 240), (0x6fff_fffe, 300), (0, 0)] as [(UInt64, UInt64)] {
            file += number(tag, 8) + number(value, 8)
        }
        file += Array("\0libswift_StringProcessing.so\0libnorm.so.1\0".utf8)
        return file + [UInt8](repeating: 0, count: 400 - file.count)
    }()
}
