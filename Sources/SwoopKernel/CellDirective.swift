// Lines of a cell that are for the kernel and not for the compiler: `%package path-or-url version`.

import SwoopModel

/// A package that a cell asks for.
package struct PackageWish: Hashable, Sendable {
    /// Which state of a repository is taken.
    package enum Version: Hashable, Sendable {
        /// This release, or a later one that promises to be compatible.
        case from(String)
        /// This release alone.
        case exactly(String)
        /// The newest of a branch.
        case branch(String)
        /// A commit.
        case revision(String)
    }

    /// A path, or the address of a repository.
    package let place: String
    /// Nil: what lies at the path.
    package let version: Version?

    /// A package at a place.
    package init(place: String, version: Version?) {
        self.place = PackageWish.shortest(place)
        self.version = version
    }

    /// A place without what changes nothing: `./Shapes/` is `Shapes`.
    private static func shortest(_ place: String) -> String {
        var rest = place[...]
        while rest.hasPrefix("./"), rest.count > 2 { rest = rest.dropFirst(2) }
        while rest.hasSuffix("/"), rest.count > 1 { rest = rest.dropLast() }
        return String(rest)
    }

    /// Whether the place is no path.
    package var isRemote: Bool {
        if place.mentions("://") { return true }
        // As in git@host:path.
        guard let (host, _) = place[...].halves(at: ":") else { return false }
        return host.utf8.contains(UInt8(ascii: "@")) && !host.utf8.contains(UInt8(ascii: "/"))
    }

    /// A line that asks for the same.
    package var directive: String {
        let version =
            switch version {
            case nil: ""
            case .from(let text), .branch(let text), .revision(let text): " " + text
            case .exactly(let release): " =" + release
            }
        return "%package \"\(place)\"" + version
    }

    /// What people call it.
    package var name: String {
        let last = place.split { $0 == "/" || $0 == ":" }.last.map(String.init) ?? place
        return last.hasSuffix(".git") ? String(last.dropLast(4)) : last
    }
}

/// What the lines in front of a cell's code ask for.
package struct CellDirectives: Sendable {
    /// What is wrong with a directive.
    package struct Problem: Error, Hashable, Sendable {
        package let line: Int
        package let text: String
        package let words: String

        /// As the compiler would say it.
        func said(of file: String) -> String {
            "\(file):\(line):1: error: \(words)\n\(text)\n^"
        }
    }

    /// Packages with the lines that ask for them, in their order.
    package private(set) var packages: [(wish: PackageWish, line: Int, text: String)] = []
    /// The cell without its directives, its lines where they were.
    package let code: String

    /// Reads a cell.
    package init(_ text: String) throws(Problem) {
        var lines = text.pieces(at: "\n", omittingEmpty: false)
        for (index, line) in lines.enumerated() {
            guard let first = line.first(where: { !$0.isWhitespace }) else { continue }
            guard first == "%" else { break }
            func problem(_ words: String) -> Problem {
                Problem(line: index + 1, text: String(line), words: words)
            }
            let words = CellDirectives.words(of: line)
            guard words.first == "%package" else {
                throw problem(
                    "\(words.first ?? "%") is no directive of this kernel: there is "
                        + "`%package path-or-url version`")
            }
            guard (2...3).contains(words.count) else {
                throw problem(
                    "a directive for a package names its place and, for a repository, its version: "
                        + "`%package ../Shapes` or `%package https://host/shapes 1.2.0`")
            }
            let version = words.count == 3 ? CellDirectives.version(words[2]) : nil
            let wish = PackageWish(place: words[1], version: version)
            if wish.isRemote, version == nil {
                throw problem(
                    "which version of \(wish.name)? `%package \(wish.place) 1.2.0`, or a branch "
                        + "or a commit in place of the number")
            }
            packages.append((wish, index + 1, String(line)))
            // Places in the text stay places.
            lines[index] = Substring(String(repeating: " ", count: line.unicodeScalars.count))
        }
        code = lines.joined(separator: "\n")
    }

    /// A cell without anything.
    static var none: CellDirectives { CellDirectives(code: "") }

    /// The code of a cell as the compiler takes it; all of the text where a directive is wrong.
    static func orNone(_ text: String) -> String { (try? CellDirectives(text).code) ?? text }

    private init(code: String) { self.code = code }

    /// Words between spaces; quotes hold a path with spaces together.
    private static func words(of line: Substring) -> [String] {
        var words: [String] = []
        var word: String?
        var isQuoted = false
        for character in line {
            if character == "\"" {
                isQuoted.toggle()
                word = word ?? ""
            } else if character.isWhitespace, !isQuoted {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        return words + (word.map { [$0] } ?? [])
    }

    private static func version(_ text: String) -> PackageWish.Version {
        let number = text.hasPrefix("=") ? String(text.drop { $0 == "=" }) : text
        if let release = release(number) {
            return text == number ? .from(release) : .exactly(release)
        }
        let isCommit = text.utf8.count == 40 && text.allSatisfy(\.isHexDigit)
        return isCommit ? .revision(text) : .branch(text)
    }

    /// A release with its three numbers; nil: it is none.
    private static func release(_ text: String) -> String? {
        let text = text.hasPrefix("v") ? text.dropFirst() : text[...]
        let core = text.prefix { $0 != "-" && $0 != "+" }
        let numbers = core.pieces(at: ".", omittingEmpty: false)
        guard (1...3).contains(numbers.count), numbers.allSatisfy({ Int($0) ?? -1 >= 0 }) else {
            return nil
        }
        let missing = String(repeating: ".0", count: 3 - numbers.count)
        return core + missing + text.dropFirst(core.count)
    }
}

extension PackageWish {
    /// The manifest of a package that depends on the one that is asked for, and whose library has
    /// these products of it. Without products it only has SwiftPM fetch that package.
    ///
    /// - Parameter standIns: folders of packages, each of which takes the place of any other one of
    ///   its name.
    package func manifest(
        path: String, products: [String], library: String, standIns: [String] = []
    ) -> String {
        let quoted = JSONValue.text(path).encoded
        let dependency =
            switch version {
            case nil: ".package(path: \(quoted))"
            case .from(let release): ".package(url: \(quoted), from: \"\(release)\")"
            case .exactly(let release): ".package(url: \(quoted), exact: \"\(release)\")"
            case .branch(let name):
                ".package(url: \(quoted), branch: \(JSONValue.text(name).encoded))"
            case .revision(let commit): ".package(url: \(quoted), revision: \"\(commit)\")"
            }
        let other = standIns.map { ".package(path: \(JSONValue.text($0).encoded)), " }.joined()
        let identity = JSONValue.text(
            PackageWish(place: path, version: version).name.lowercased()
        ).encoded
        let needs = products.map {
            ".product(name: \(JSONValue.text($0).encoded), package: \(identity))"
        }.joined(separator: ", ")
        return """
            // swift-tools-version: 6.0
            import PackageDescription

            let package = Package(
                name: "\(library)",
                products: [.library(name: "\(library)", type: .dynamic, targets: ["\(library)"])],
                dependencies: [\(other)\(dependency)],
                targets: [.target(name: "\(library)", dependencies: [\(needs)])])

            """
    }
}

/// A package that was built for a notebook.
package struct BuiltPackage: Hashable, Sendable {
    /// What asked for it.
    package let wish: PackageWish
    /// Where its library is.
    package let library: String
    /// What a cell can import of it.
    package let modules: [String]

    /// A package with its library.
    package init(wish: PackageWish, library: String, modules: [String]) {
        self.wish = wish
        self.library = library
        self.modules = modules
    }

    /// What is shown of it.
    var text: String {
        modules.isEmpty
            ? "package \(wish.name): it has no library"
            : "package \(wish.name): \(modules.map { "import \($0)" }.joined(separator: ", "))"
    }
}
