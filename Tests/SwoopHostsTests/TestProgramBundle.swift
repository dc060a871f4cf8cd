// A made-up program: scripts that stand for what the user's program would be. They are sent, placed
// and run as a real one is.

import Foundation
import Glibc
import SwoopHosts
import SwoopLaunching
import SwoopModel
import SwoopTransport
import Synchronization

/// A bundle of scripts.
enum TestBundle {
    /// An agent that says what it was given and joins.
    static let joining = """
        #!/bin/sh
        read -r line
        echo "role $SWOOP_ROLE, arguments $*, configuration $line, ${EXTRA:-nothing more}" >&2
        echo "swoop: joined $line"
        """

    /// A bundle whose executable is a script, with a second file beside it.
    static func make(
        _ script: String, in folder: String, architecture: String? = nil, more: [UInt8] = [1, 2, 3]
    ) throws -> HostBundle {
        let program = Array(script.utf8)
        let place = "\(folder)/bundle-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(
            atPath: place, withIntermediateDirectories: true)
        var files: [ProgramFile] = []
        for (name, bytes) in [("program", program), ("libmore.so", more)] {
            let path = "\(place)/\(name)"
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            let words = try TestServer.run("/usr/bin/sha256sum", [path])
            files.append(
                ProgramFile(
                    name: name, digest: String(words.prefix(64)), byteCount: Int64(bytes.count)))
        }
        let here = try TestServer.run("/bin/uname", ["-m"]).split(separator: "\n")[0]
        let manifest = ProgramManifest(
            name: "made-up", architecture: architecture ?? String(here), files: files)
        let bundle = try Bundle(
            manifest,
            paths: ["program": "\(place)/program", "libmore.so": "\(place)/libmore.so"])
        return HostBundle(of: bundle)
    }
}

/// What a bringing up reported.
final class TestReports: Sendable {
    private let list = Mutex<[(progress: HostProgress, at: Int64)]>([])

    func take(_ progress: HostProgress) {
        let now = MonotonicClock.nanoseconds()
        list.withLock { $0.append((progress, now)) }
    }

    var all: [HostProgress] { list.withLock { $0.map(\.progress) } }

    /// When each was reported, in nanoseconds.
    var moments: [Int64] { list.withLock { $0.map(\.at) } }

    /// Bytes that the last report of a transfer named.
    var bytesSent: Int64? {
        all.reversed().lazy.compactMap { progress -> Int64? in
            if case .sending(let bytes, _) = progress { bytes } else { nil }
        }.first
    }
}

extension TestServer {
    /// Brings up `alpha`, or what the entry says, with a made-up program.
    func bringUp(
        _ entry: String = "alpha", script: String = TestBundle.joining, bundle: HostBundle? = nil,
        reports: TestReports = TestReports(), carrying port: Int = 9,
        change: (inout BringUpOptions) -> Void = { _ in }
    ) throws -> HostOutcome {
        var list = try HostList.parse(arguments: [entry])
        if list.hosts[0].folder == nil { list.hosts[0].folder = "\(folder)/cache" }
        return try bringUp(
            list.hosts, script: script, bundle: bundle, reports: reports, carrying: port,
            change: change)[0]
    }

    func bringUp(
        _ hosts: [HostEntry], script: String = TestBundle.joining, bundle: HostBundle? = nil,
        reports: TestReports = TestReports(), carrying port: Int = 9,
        change: (inout BringUpOptions) -> Void = { _ in }
    ) throws -> [HostOutcome] {
        var options = BringUpOptions()
        options.configurationFile = configuration
        // Under a sanitizer three megabytes of a start-up file take half a minute.
        options.connectLimit = 60_000_000_000
        change(&options)
        let bundle = try bundle ?? TestBundle.make(script, in: folder)
        return try HostBringUp(
            hosts: hosts, bundle: bundle, options: options,
            agentStart: { host, _ throws(HostError) in
                AgentStart(
                    configuration: Secret(copying: "hello-\(host.name)\n"),
                    arguments: ["one", "two words"],
                    environment: ["EXTRA": "it's more"], carriedPort: UInt16(port))
            },
            progress: { _, progress in reports.take(progress) }
        ).run()
    }
}
