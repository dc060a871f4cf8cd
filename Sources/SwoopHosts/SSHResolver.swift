// Asks OpenSSH's own client what a host's name means: aliases, ports, keys and jump hosts are then
// the same as on the user's command line.

import Glibc
import SwoopLaunching

/// The user's SSH configuration.
struct SSHResolver: Sendable {
    /// OpenSSH's client; nil where there is none.
    let program: String?
    /// Read instead of the user's configuration.
    let configurationFile: String?
    var local: SSHConfiguration.LocalUser

    /// The resolver of the user who runs this process.
    init(configurationFile: String?) {
        program = ProgramRun.find("ssh")
        self.configurationFile = configurationFile
        local = .ofThisProcess()
    }

    /// What the configuration makes of a host.
    func resolve(_ host: HostEntry, wait: HostWait) throws(HostError) -> SSHConfiguration {
        guard let program else {
            return SSHConfiguration(
                without: "there is no ssh program here, so no SSH configuration is read",
                host: host, local: local)
        }
        var arguments = ["-G"] + options
        if let port = host.port { arguments += ["-p", String(port)] }
        if let user = host.user { arguments += ["-l", user] }
        if let identity = host.identity { arguments += ["-i", identity] }
        wait.doing = "ssh -G \(host.address)"
        let run = try ProgramRun(program, arguments + ["--", host.address], wait: wait)
        guard run.status == .exited(0) else {
            throw wait.error(
                "ssh cannot read its configuration for \(host.address).",
                words: String(decoding: run.errorOutput, as: UTF8.self))
        }
        let files = SSHConfigurationFiles(home: local.home, named: configurationFile)
        return SSHConfiguration(
            printed: String(decoding: run.output, as: UTF8.self), alias: host.address, local: local,
            words: files.words)
    }

    /// Options for every call of OpenSSH's client.
    var options: [String] { configurationFile.map { ["-F", $0] } ?? [] }
}

extension SSHConfiguration.LocalUser {
    /// The user who runs this process.
    static func ofThisProcess() -> SSHConfiguration.LocalUser {
        var entry = unsafe passwd()
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        var found: UnsafeMutablePointer<passwd>?
        var name = ""
        var home = ""
        if unsafe getpwuid_r(getuid(), &entry, &buffer, buffer.count, &found) == 0,
            let found = unsafe found
        {
            name = unsafe String(cString: found.pointee.pw_name)
            home = unsafe String(cString: found.pointee.pw_dir)
        }
        // OpenSSH goes by the user's entry too, and not by HOME.
        if name.isEmpty { name = environment("USER") ?? "" }
        if home.isEmpty { home = environment("HOME") ?? "/" }
        return SSHConfiguration.LocalUser(
            name: name, home: home, agentPath: environment("SSH_AUTH_SOCK"),
            variable: environment)
    }

    @Sendable private static func environment(_ name: String) -> String? {
        guard let text = unsafe getenv(name) else { return nil }
        let value = unsafe String(cString: text)
        return value.isEmpty ? nil : value
    }
}
