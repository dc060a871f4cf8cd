// What the user's SSH configuration makes of a host, as `ssh -G` prints it: parsing, expanding of
// names, and the command of a jump host. Pure; SSHResolver runs the program.

import SwoopModel

/// How a host is reached and who one is there.
struct SSHConfiguration: Hashable, Sendable {
    /// The name as it was asked for.
    var alias: String
    var hostName: String
    var port = 22
    var user: String
    /// Private keys, in order, as absolute paths.
    var identityFiles: [String] = []
    /// The path of the user's ssh-agent; nil for none.
    var identityAgent: String?
    /// Offer no keys of the ssh-agent but those of the identity files.
    var identitiesOnly = false
    var userKnownHosts: [String] = []
    var globalKnownHosts: [String] = []
    /// The name in the known hosts, where it is not the host's.
    var hostKeyAlias: String?
    /// What to do with a key that was never seen.
    var newKeys = NewKeys.refused
    /// Seconds; nil when the user did not care.
    var connectTimeout: Int?
    var proxyJump: String?
    var proxyCommand: String?
    var addressFamily = AddressFamily.any
    /// Something to know about it: that there is no ssh here.
    var remark: String?

    /// What to do with the key of a host that was never seen.
    enum NewKeys: Hashable, Sendable {
        case refused
        case accepted
    }

    /// Which addresses are wanted.
    enum AddressFamily: Hashable, Sendable {
        case any
        case version4
        case version6
    }

    /// The user of this machine, as far as paths need it.
    struct LocalUser: Hashable, Sendable {
        var name: String
        var home: String
        /// SSH_AUTH_SOCK.
        var agentPath: String?
    }

    /// What OpenSSH would do without any configuration.
    init(without remark: String, host: HostEntry, local: LocalUser) {
        alias = host.address
        hostName = host.address
        port = host.port ?? 22
        user = host.user ?? local.name
        let named = host.identity.map { [$0] } ?? []
        identityFiles = (named + ["~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"])
            .map { Self.absolute($0, home: local.home) }
        identityAgent = local.agentPath
        userKnownHosts = ["\(local.home)/.ssh/known_hosts"]
        globalKnownHosts = ["/etc/ssh/ssh_known_hosts"]
        self.remark = remark
    }

    /// Reads what `ssh -G` printed: lines of a key in small letters and its value.
    init(printed text: String, alias: String, local: LocalUser) {
        self.alias = alias
        hostName = alias
        user = local.name
        identityAgent = local.agentPath
        var rawIdentities: [String] = []
        for line in text.pieces(at: "\n") {
            let (key, rest) = line.halves(at: " ") ?? (line, "")
            let value = String(rest)
            switch key {
            case "hostname": hostName = value
            case "port": port = Int(value) ?? 22
            case "user": user = value
            case "identityfile": rawIdentities.append(value)
            case "identityagent": setAgent(value, local: local)
            case "identitiesonly": identitiesOnly = value == "yes"
            case "userknownhostsfile": userKnownHosts = Self.paths(value, local: local)
            case "globalknownhostsfile": globalKnownHosts = Self.paths(value, local: local)
            case "hostkeyalias": hostKeyAlias = value
            case "stricthostkeychecking":
                newKeys =
                    ["accept-new", "no", "off", "false"].contains(value) ? .accepted : .refused
            case "connecttimeout": connectTimeout = Int(value)
            case "proxyjump": proxyJump = value == "none" ? nil : value
            case "proxycommand": proxyCommand = value == "none" ? nil : value
            case "addressfamily":
                addressFamily = value == "inet" ? .version4 : value == "inet6" ? .version6 : .any
            default: break
            }
        }
        identityFiles = rawIdentities.map { Self.absolute(expanded($0, local), home: local.home) }
    }

    /// The command that carries the bytes to the host; nil when it is reached directly.
    ///
    /// `options` go to OpenSSH's client before everything else.
    func proxyProgram(ssh: String?, options: [String], local: LocalUser) -> String? {
        if let proxyCommand { return expanded(proxyCommand, local) }
        guard let proxyJump, let ssh else { return nil }
        let hops = proxyJump.pieces(at: ",").map(String.init)
        guard let last = hops.last else { return nil }
        let target = hostName.contains(":") ? "[\(hostName)]:\(port)" : "\(hostName):\(port)"
        var words = [ssh] + options + ["-o", "BatchMode=yes", "-W", target]
        if hops.count > 1 { words += ["-J", hops.dropLast().joined(separator: ",")] }
        words += ["--", last.hasPrefix("ssh://") ? last : "ssh://\(last)"]
        return words.map(ShellWord.quoted).joined(separator: " ")
    }

    private mutating func setAgent(_ value: String, local: LocalUser) {
        switch value {
        case "none": identityAgent = nil
        case "SSH_AUTH_SOCK": identityAgent = local.agentPath
        default: identityAgent = Self.absolute(expanded(value, local), home: local.home)
        }
    }

    private static func paths(_ value: String, local: LocalUser) -> [String] {
        value.pieces(at: " ").map { absolute(String($0), home: local.home) }
    }

    private static func absolute(_ path: String, home: String) -> String {
        path.hasPrefix("~/") ? home + path.dropFirst(1) : path
    }

    /// Replaces the marks that OpenSSH knows: %h, %p, %r, %n, %d, %u, %%.
    private func expanded(_ text: String, _ local: LocalUser) -> String {
        var result = ""
        var isMark = false
        // By scalars: a mark may stand before an accent, which would make one character of both.
        for character in text.unicodeScalars {
            guard isMark else {
                if character == "%" {
                    isMark = true
                } else {
                    result.unicodeScalars.append(character)
                }
                continue
            }
            isMark = false
            switch character {
            case "h": result += hostName
            case "p": result += String(port)
            case "r": result += user
            case "n": result += alias
            case "d": result += local.home
            case "u": result += local.name
            case "%": result += "%"
            default: result += "%\(character)"
            }
        }
        return result
    }
}
