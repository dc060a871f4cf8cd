// What a mistyped command was meant to be.

import ArgumentParser

/// The command whose name is nearest to a word that names none.
package struct NearestCommand: Hashable {
    /// What was typed.
    package let word: String
    /// The command that exists, with those that it belongs to; nil: none is near.
    package let name: String?

    /// Nil: the words begin with a command, as far as it has commands of its own.
    package init?(for words: [String]) {
        var command: any ParsableCommand.Type = SwoopTool.self
        var path: [String] = []
        var rest = words[...]
        while true {
            let known = command.configuration.subcommands
            guard !known.isEmpty, let word = rest.popFirst(), !word.hasPrefix("-"), word != "help"
            else { return nil }
            if let next = known.first(where: { $0._commandName == word }) {
                command = next
                path.append(word)
                continue
            }
            // A command may take words besides its own commands' names.
            guard command.configuration.defaultSubcommand == nil else { return nil }
            // A short word is as near to all others.
            let most = min(2, word.utf8.count / 2)
            var nearest: (name: String, edits: Int)?
            for candidate in known where candidate.configuration.shouldDisplay {
                let name = candidate._commandName
                let edits = Self.edits(from: word, to: name)
                if edits < nearest?.edits ?? (most + 1) { nearest = (name, edits) }
            }
            self.word = word
            name = nearest.map { (path + [$0.name]).joined(separator: " ") }
            return
        }
    }

    /// How many letters to add, drop, change or swap with their neighbour (Damerau and Levenshtein,
    /// each letter once).
    static func edits(from word: String, to name: String) -> Int {
        let (word, name) = (Array(word.utf8.prefix(64)), Array(name.utf8))
        var rows = [Array(0...name.count)]
        for (i, letter) in word.enumerated() {
            var row = [i + 1]
            for (j, other) in name.enumerated() {
                var least = min(row[j], rows[i][j + 1]) + 1
                least = min(least, rows[i][j] + (letter == other ? 0 : 1))
                if i > 0, j > 0, letter == name[j - 1], word[i - 1] == other {
                    least = min(least, rows[i - 1][j - 1] + 1)
                }
                row.append(least)
            }
            rows.append(row)
        }
        return rows[word.count][name.count]
    }
}
