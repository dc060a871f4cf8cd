// Files and answers as text: what OpenSSH, hosts and people write.

import SwoopHosts
import SwoopLaunching
import SwoopModel
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
        case .identity:
            [
                "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQA\n"
                    + "-----END OPENSSH PRIVATE KEY-----\n",
                "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n-----END\n",
            ]
        }
    }
}
