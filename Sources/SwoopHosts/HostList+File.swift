// The hosts file: YAML with an optional name of the cluster, defaults, and the hosts, each a name
// in the form of a command line or a mapping. Deploy/hosts.example.yaml shows all of it.

import Glibc
import Yams

extension HostList {
    /// Reads a hosts file.
    package static func read(file path: String) throws(HostListError) -> HostList {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let words = unsafe String(cString: strerror(errno))
            throw HostListError("cannot be read: \(words)", file: path)
        }
        defer { close(descriptor) }
        guard let bytes = SmallFile.contents(of: descriptor, limit: 4 << 20) else {
            throw HostListError("cannot be read, or is larger than a hosts file", file: path)
        }
        return try parse(yaml: String(decoding: bytes, as: UTF8.self), file: path)
    }

    /// Reads the text of a hosts file; `file` is what messages call it.
    package static func parse(yaml: String, file: String) throws(HostListError) -> HostList {
        do throws(HostListError) {
            guard let root = try composed(yaml) else {
                throw HostListError("is empty: write `hosts:` and the hosts below it")
            }
            return try parse(root)
        } catch {
            throw HostListError(error.message, file: file, line: error.line)
        }
    }

    private static func parse(_ root: Node) throws(HostListError) -> HostList {
        var list = HostList(hosts: [])
        var defaults = HostEntry(name: "")
        let allowed = "cluster, defaults, hosts"
        guard case .mapping(let top) = root else {
            throw HostListError("the file is a mapping with \(allowed)", at: root)
        }
        var hosts: Node?
        for (key, value) in top {
            switch key.scalar?.string {
            case "cluster":
                guard let name = value.scalar?.string, HostNames.isCluster(name) else {
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
        guard case .sequence(let entries) = hosts, !entries.isEmpty else {
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

    private static func composed(_ yaml: String) throws(HostListError) -> Node? {
        if let line = YAMLAnchors(in: yaml).line {
            throw HostListError(
                "anchors (&) and aliases (*) are not read here: write what they stand for, or put a"
                    + " value that begins so into quotes", line: line)
        }
        do {
            return try Yams.compose(yaml: yaml)
        } catch let error as YamlError {
            throw HostListError(yaml: error)
        } catch {
            throw HostListError("is no YAML: \(error)")
        }
    }
}

extension HostEntry {
    fileprivate init(node: Node, defaults: HostEntry) throws(HostListError) {
        switch node {
        case .scalar(let scalar): self = try HostEntry(argument: scalar.string, defaults: defaults)
        case .mapping(let mapping):
            guard let name = mapping["name"]?.scalar?.string else {
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

    fileprivate mutating func set(from node: Node, isDefaults: Bool) throws(HostListError) {
        let others = isDefaults ? [] : ["name"]
        guard case .mapping(let mapping) = node else {
            throw HostListError(
                "write settings as a mapping of \(HostSetting.names(and: others))", at: node)
        }
        for (key, value) in mapping where isDefaults || key.scalar?.string != "name" {
            guard let setting = key.scalar.flatMap({ HostSetting(rawValue: $0.string) }),
                !(isDefaults && setting == .address)
            else {
                throw HostListError(
                    "there is no setting \(key.words); allowed are "
                        + HostSetting.names(and: others), at: key)
            }
            guard let text = value.scalar?.string else {
                throw HostListError("\(setting.rawValue) is one value", at: value)
            }
            if let problem = setting.set(text, in: &self) {
                throw HostListError(problem, at: value)
            }
        }
    }
}

extension HostListError {
    fileprivate init(_ message: String, at node: Node) {
        self.init(message, line: node.mark?.line ?? 0)
    }

    fileprivate init(yaml error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self.init("is no YAML here: \(problem)", line: mark.line)
        case .duplicatedKeysInMapping(let duplicates, _):
            self.init("the same key twice: \(duplicates.joined(separator: ", "))")
        default: self.init("is no YAML: \(error)")
        }
    }
}

extension Node {
    fileprivate var words: String { scalar.map { "\"\($0.string)\"" } ?? "of that kind" }
}
