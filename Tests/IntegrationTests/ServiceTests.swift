// The unit file that comes along: what systemd itself says of it, and that it gives nothing away.

import Foundation
import Glibc
import SwoopLaunching
import TestPrograms
import Testing

@Suite struct ServiceTests {
    private static let analyzer = "/usr/bin/systemd-analyze"
    private static var isHere: Bool { unsafe access(analyzer, X_OK) == 0 }

    private var unit: String {
        get throws {
            let path = #filePath.replacing("Tests/IntegrationTests/ServiceTests.swift", with: "")
            return try String(contentsOfFile: path + "Deploy/swoop.service", encoding: .utf8)
        }
    }

    @Test func `the service writes no core, and neither it nor what it starts gains rights`() throws
    {
        let lines = try unit.split(separator: "\n")
        for line in [
            "LimitCORE=0", "UMask=0077", "NoNewPrivileges=yes", "RestrictSUIDSGID=yes",
            "LockPersonality=yes", "SystemCallArchitectures=native", "KillMode=mixed",
        ] {
            #expect(lines.contains { $0 == line }, "\(line)")
        }
    }

    @Test(.enabled(if: isHere, "needs systemd-analyze"))
    func `systemd has no objection to the service`() throws {
        let folder = try TestFolder()
        // The tool that was built: the one of the unit is in a home folder that is not there.
        let tool = try #require(ProgramRun.path(of: "swoop"))
        let text = try unit.replacing("%h/.local/bin/swoop", with: tool)
        let path = folder.path + "/swoop.service"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let run = try ProgramRun(["verify", "--user", path], in: folder, program: Self.analyzer)
        let status = try run.end()
        #expect(status == .exited(0) && run.errors == "", "\(run.output)\(run.errors)")
        // It would say so.
        try (text + "Nonsense=1\n").write(toFile: path, atomically: true, encoding: .utf8)
        let wrong = try ProgramRun(["verify", "--user", path], in: folder, program: Self.analyzer)
        _ = try wrong.end()
        #expect(wrong.errors.contains("Unknown key"), "\(wrong.errors)")
    }

    private static var canBeNobody: Bool {
        geteuid() == 0 && (unsafe access("/usr/bin/setpriv", X_OK)) == 0
    }

    /// What the unit file starts. Files of a process whose memory is closed are root's, in /proc.
    @Test(.enabled(if: canBeNobody, "needs root, and setpriv"), arguments: [false, true])
    func `a coordinator in the foreground closes its memory, unless it is told to leave it open`(
        isOpen: Bool
    ) throws {
        let folder = try TestFolder()
        let nobody: uid_t = 65_534
        #expect(unsafe chown(folder.path, nobody, nobody) == 0)
        let tool = try #require(ProgramRun.path(of: "swoop"))
        var environment = ["HOME": folder.path]
        if isOpen { environment["SWOOP_DUMPABLE"] = "1" }
        let run = try ProgramRun(
            ["--reuid=65534", "--regid=65534", "--clear-groups", tool]
                + ["up", "--foreground", "--name", "night", "local"],
            in: folder, program: "/usr/bin/setpriv", environment: environment)
        try run.read(until: "it is up") { _ in folder.addresses.contains("night.address") }
        var status = stat()
        #expect(unsafe stat("/proc/\(run.process.pid)/environ", &status) == 0)
        #expect(status.st_uid == (isOpen ? nobody : 0))
        run.process.kill(SIGTERM)
        #expect(try run.end() == .exited(0), "\(run.output)\(run.errors)")
    }
}
