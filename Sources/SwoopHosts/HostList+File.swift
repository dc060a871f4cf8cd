// The hosts file: YAML with an optional name of the cluster, defaults, and the hosts, each a name
// in the form of a command line or a mapping. Deploy/hosts.example.yaml shows all of it.

import Glibc
import SwoopLaunching
import SwoopModel

extension HostList {
    /// Reads a hosts file.
    package static func read(file path: String) throws(HostListError) -> HostList {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let words = unsafe String(cString: strerror(errno))
            throw HostListError("cannot be read: \(words)", file: path)
        }
        defer { close(descriptor) }
        try checkWriters(of: descriptor, path)
        guard let bytes = SmallFile.contents(of: descriptor, limit: 4 << 20) else {
            throw HostListError("cannot be read, or is larger than a hosts file", file: path)
        }
        return try parse(yaml: String(decoding: bytes, as: UTF8.self), file: path)
    }

    /// Its prologs are run on hosts: who may write it decides what they run.
    private static func checkWriters(
        of descriptor: Int32, _ path: String
    ) throws(HostListError) {
        var found = stat()
        // A pipe without a name is whoever's that gave it to this process.
        guard
            unsafe fstat(descriptor, &found) == 0 && found.st_mode & S_IFMT == S_IFREG
                || lstat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFIFO,
            let trouble = OwnFile.trouble(of: path, isThere: true)
        else { return }
        throw HostListError(
            "\(PrintableText.line(trouble)), and what the file says is run on hosts: nobody but "
                + "its user, or root, may be able to change it (`chmod go-w`, or copy it to a "
                + "folder of your own)", file: path)
    }

    /// Reads the text of a hosts file; `file` is what messages call it.
    package static func parse(yaml: String, file: String) throws(HostListError) -> HostList {
        do throws(HostListError) {
            guard let root = try YAMLNode.document(in: yaml) else {
                throw HostListError("is empty: write `hosts:` and the hosts below it")
            }
            return try parse(root)
        } catch {
            throw HostListError(error.message, file: file, line: error.line)
        }
    }

    private static func parse(_ root: YAMLNode) throws(HostListError) -> HostList {
        var list = HostList(hosts: [])
        var defaults = HostEntry(name: "")
        let allowed = "cluster, defaults, hosts"
        guard case .mapping(let top, _) = root else {
            throw HostListError("the file is a mapping with \(allowed)", at: root)
        }
        var hosts: YAMLNode?
        for (key, value) in top {
            switch key.text {
            case "cluster":
                guard let name = value.text, HostNames.isCluster(name) else {
                    throw HostListError("cluster is a name: letters, digits, - and _", at: value)
                }
                list.clusterName = name
            case "defaults": try defaults.set(from: value, isDefaults: true)
            case "hosts": hosts = value
            default:
                throw HostListError("there is no key \(key.words); allowed are \(allowed)", at: key)
            }
        }
        guard let hosts else { throw HostListError("the key hosts is missing", at: root) }
        guard case .sequence(let entries, _) = hosts, !entries.isEmpty else {
            throw HostListError("hosts is a list: one line `- name` for each", at: hosts)
        }
        for node in entries {
            do throws(HostListError) {
                try list.add(try HostEntry(node: node, defaults: defaults))
            } catch {
                throw error.line > 0 ? error : HostListError(error.message, at: node)
            }
        }
        return list
    }
}

extension HostEntry {
    fileprivate init(node: YAMLNode, defaults: HostEntry) throws(HostListError) {
        switch node {
        case .scalar(let text, _): self = try HostEntry(argument: text, defaults: defaults)
        case .mapping(let pairs, _):
            guard let name = pairs.first(where: { $0.key.text == "name" })?.value.text else {
                throw HostListError("a host needs a name: `- name: alpha`", at: node)
            }
            if let problem = HostNames.objection(toAddress: name) {
                throw HostListError(problem, at: node)
            }
            self = defaults
            self.name = name
            address = name
            isLocal = name == "local"
            try set(from: node, isDefaults: false)
        default: throw HostListError("a host is a name or a mapping that has one", at: node)
        }
    }

    fileprivate mutating func set(from node: YAMLNode, isDefaults: Bool) throws(HostListError) {
        let others = isDefaults ? [] : ["name"]
        guard case .mapping(let pairs, _) = node else {
            throw HostListError(
                "write settings as a mapping of \(HostSetting.names(and: others))", at: node)
        }
        for (key, value) in pairs where isDefaults || key.text != "name" {
            guard let setting = key.text.flatMap({ HostSetting(rawValue: $0) }),
                !(isDefaults && setting == .address)
            else {
                throw HostListError(
                    "there is no setting \(key.words); allowed are "
                        + HostSetting.names(and: others), at: key)
            }
            guard let text = value.text else {
                throw HostListError("\(setting.rawValue) is one value", at: value)
            }
            if let problem = setting.set(text, in: &self) {
                throw HostListError(problem, at: value)
            }
        }
    }
}

extension HostListError {
    fileprivate init(_ message: String, at node: YAMLNode) {
        self.init(message, line: node.line)
    }
}

extension YAMLNode {
    fileprivate var words: String { text.map { "\"\($0)\"" } ?? "of that kind" }
}
