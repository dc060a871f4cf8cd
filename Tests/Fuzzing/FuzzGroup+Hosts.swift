// What hosts answer, what OpenSSH and people write about them, and what the processes of a standing
// cluster say to one another.

import SwoopHosts
import SwoopModel

extension FuzzGroup {
    static let hosts: [Entry] =
        [
            Entry("hosts file", seeds: { texts(hostFiles) }) { bytes in
                _ = try? HostList.parse(yaml: String(decoding: bytes, as: UTF8.self), file: "hosts")
            },
            Entry("hosts of a command line", seeds: { texts(["me@alpha:22 beta:cores=2"]) }) {
                let text = String(decoding: $0, as: UTF8.self)
                _ = try? HostList.parse(arguments: text.split(separator: " ").map(String.init))
            },
            Entry("examination", seeds: { texts([examination]) }) { bytes in
                guard let sights = ExaminationScript.sights(in: bytes) else { return }
                _ = sights.findings(for: "x86_64", between: nil)
                let found = sights.findings(for: "x86_64", between: (before: 99, after: 101))
                precondition(found.count >= 8, "a question of the examination was forgotten")
            },
            Entry("request for a standing cluster", seeds: { texts([request.line]) }) { bytes in
                let text = String(decoding: bytes, as: UTF8.self)
                guard let found = StandingCluster(line: text) else { return }
                expectSame(StandingCluster(line: found.line), found, "a request for a cluster")
            },
            Entry("report of a host", seeds: { texts(reportsOfHosts.map(\.line)) }) { bytes in
                let text = String(decoding: bytes, as: UTF8.self)
                guard let found = StandingCluster.HostReport(line: text[...]) else { return }
                expectSame(
                    StandingCluster.HostReport(line: found.line[...]), found, "a host's report")
            },
            Entry("words between tabs", seeds: { texts(["a\tb\\tc\\\\\t"]) }) { bytes in
                let words = TabbedLine.words(of: String(decoding: bytes, as: UTF8.self)[...])
                expectSame(
                    TabbedLine.words(of: TabbedLine.text(of: words)[...]), words, "a line")
            },
        ]
        + HostText.allCases.map { kind in
            Entry(kind.rawValue, seeds: { texts(samples(of: kind)) }) { bytes in
                kind.read(bytes)
            }
        }

    private static let hostFiles = [
        "hosts:\n  - alpha\n  - name: beta\n    cores: 3\n    folder: /srv/my swoop\n",
        "cluster: night\ndefaults: {cores: 2}\nhosts: [a, {name: b, port: 2222, user: u}]\n",
        "a: &x {b: 1}\nhosts: [*x]\n? [k]\n: v\n",
    ]

    private static let examination =
        "motd\nswoop-examination begin\nclock=100\nsystem=Linux 6.1.0\nmachine=x86_64\ncores=4\n"
        + "memory=100000\navailable=5000\nfiles=1024\nprocesses=unlimited\nspace=unlimited\n"
        + "fileBytes=unlimited\nquota=150000 100000\ngroup=max\nfolder=/c\ndisk=/dev/a b 1 2 3 4% /\n"
        + "writable=1\nloopback=0x9\nreach=1\nswoop-examination end\n"

    private static let request = StandingCluster(
        name: "night", file: nil, hosts: ["me@alpha:22", "b\tc\\"], acceptsNewKeys: true,
        connectLimit: 10, grace: 60, showsProgress: false)

    private static let reportsOfHosts = [
        StandingCluster.HostReport(host: "a", failure: nil, step: "", isCarried: true),
        StandingCluster.HostReport(host: "b", failure: "no\nway", step: "login", isCarried: false),
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
        case .probeAnswer: [answer, answerOfWrongFolder]
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

    /// As ProbeScript.swift has it said where a program is in place.
    private static let answer =
        "motd\nswoop-probe begin\nmachine=Linux x86_64\nconnection=10.0.0.1 5 10.0.0.2 22\nproc=1\n"
        + "folder=/cache/swoop\nwritten=1\nexecuted=1\nspace\nFilesystem 1024-blocks\n"
        + "/dev/a b 100 20 80 20% /\nspace-end\nprogram=1\nstates\n"
        + "aa 8180 1000 77 12 1700000000 2026-11-29 10:00:00.000000001 +0000\nstates-end\nchecked\n"
        + "aa 8180 1000 77 12 1700000000 2026-11-29 10:00:00.000000001 +0000\nchecked-end\n"
        + "swoop-probe end\n"

    /// And where somebody else could change the folder.
    private static let answerOfWrongFolder =
        "swoop-probe begin\nmachine=Linux x86_64\nconnection=fe80::1%eth0 5 fe80::2%eth0 22\nproc=1\n"
        + "absent=gzip\nfolder=/cache/swoop\nway=drwxrwxr-x 1002 /cache\n"
        + "unsafe=drwxrwxrwt 2 1000 1000 4096 ../..\nwords=sh: 1: no\nspace\nspace-end\n"
        + "swoop-probe end\n"
}
