// Files and answers as text: what OpenSSH, hosts and people write.

import SwoopHosts
import SwoopLaunching
import SwoopModel
import SwoopStorage
import SwoopTransport

extension FuzzGroup {
    static let files: [Entry] =
        [
            Entry("hosts file", seeds: { texts(hostFiles) }) { bytes in
                _ = try? HostList.parse(yaml: String(decoding: bytes, as: UTF8.self), file: "hosts")
            },
            Entry("hosts of a command line", seeds: { texts(["me@alpha:22 beta:cores=2"]) }) {
                let text = String(decoding: $0, as: UTF8.self)
                _ = try? HostList.parse(arguments: text.split(separator: " ").map(String.init))
            },
            Entry("manifest", seeds: { [Array(manifest.text.utf8)] }) { bytes in
                let text = String(decoding: bytes, as: UTF8.self)
                let id = ProgramID(ContentDigest.of(text))
                let found = try? ProgramManifest(
                    checking: text, id: id, name: "n", architecture: "x86_64")
                if let found { expectSame(found.text, text, "a manifest") }
            },
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
                let written = ShellWord.quoted($0)
                let word = $0.filter { $0 != 0 }
                // Before a shell is asked: what is wrong could do anything.
                expectSame(LiteralWord.value(of: written), word, "a word for a shell")
                expectSame(LiteralWord.asked(of: written), word, "a word that a shell was given")
            },
        ]
        + HostText.allCases.map { kind in
            Entry(kind.rawValue, seeds: { texts(samples(of: kind)) }) { bytes in
                kind.read(bytes)
            }
        }

    private static func texts(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }

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

    private static let hostFiles = [
        "hosts:\n  - alpha\n  - name: beta\n    cores: 3\n    folder: /srv/my swoop\n",
        "cluster: night\ndefaults: {cores: 2}\nhosts: [a, {name: b, port: 2222, user: u}]\n",
        "a: &x {b: 1}\nhosts: [*x]\n? [k]\n: v\n",
    ]

    private static func samples(of kind: HostText) -> [String] {
        switch kind {
        case .knownHosts:
            [
                "# c\n@revoked *.x,!y.x ssh-ed25519 AAAAC3Nz\n[h]:2222 ssh-rsa AAAA x\n",
                "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-rsa AAAAB3Nz\n",
            ]
        case .configuration:
            [
                "hostname h\nport 22\nuser u\nidentityfile ~/.ssh/%h-%r\nproxyjump a,b\n",
                "proxycommand nc %h %p %%\nuserknownhostsfile ~/a /b\nconnecttimeout none\n",
            ]
        case .probeAnswer:
            [
                "motd\nswoop-probe begin\nmachine=Linux 6.1 x86_64\nproc=1\ncores=4\nmemory=100\n"
                    + "folder=/cache/swoop\nspace\n/dev/a b 1 2 3 4% /\nspace-end\nsizes\n"
                    + "12 aa\nsizes-end\nconnection=10.0.0.1 5 10.0.0.2 22\nswoop-probe end\n"
            ]
        case .printed: ["one\r\n\u{1b}[2J\n\nlast", "a\u{9b}b\n"]
        case .digests:
            ["aa  aa\nbb *bb\ncc  dd\nsha256sum: ee: No such file or directory\n"]
        case .identity:
            [
                "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQA\n"
                    + "-----END OPENSSH PRIVATE KEY-----\n",
                "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n-----END\n",
            ]
        }
    }
}
