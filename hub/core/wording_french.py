"""What the gate says and hears in French."""

from typing import Final

from hub.core.statements import Act
from hub.core.wording_table import Wording, rows, same, word_set

FRENCH: Final = Wording(
    acts={
        Act.READ: "lire dans {names}",
        Act.CREATE: "créer {thing} {names}",
        Act.REPLACE: "remplacer {thing} {names}",
        Act.INDEX: "créer un index sur {names}",
        Act.ENABLE: "activer l'extension {names}",
        Act.ADD_COLUMNS: "ajouter {columns} à la table {names}",
        Act.DROP_COLUMNS: "supprimer {columns} de la table {names}",
        Act.ALTER: "modifier {thing} {names}",
        Act.INSERT: "ajouter des lignes dans {names}",
        Act.UPSERT: "ajouter des lignes dans {names} et écraser celles qui existent",
        Act.UPDATE: "modifier des lignes dans {names}",
        Act.UPDATE_ALL: "modifier toutes les lignes dans {names}",
        Act.DELETE: "supprimer des lignes dans {names}",
        Act.DELETE_ALL: "supprimer toutes les lignes dans {names}",
        Act.MERGE: "ajouter, modifier ou supprimer des lignes dans {names}",
        Act.DROP: "supprimer {thing} {names}",
        Act.CALL: "appeler la fonction {names} de la base de données",
        Act.OTHER: "exécuter une instruction du type {thing}, dont je ne connais pas l'effet",
        Act.UNREADABLE: "exécuter quelque chose que je ne peux pas lire et qui peut détruire des données",
    },
    phrases={
        Act.DROP: "oui, supprimer {names}",
        Act.DROP_COLUMNS: "oui, supprimer {columns}",
        Act.DELETE: "oui, supprimer {names}",
        Act.DELETE_ALL: "oui, supprimer {names}",
        Act.UPDATE: "oui, modifier {names}",
        Act.UPDATE_ALL: "oui, modifier {names}",
        Act.UPSERT: "oui, modifier {names}",
        Act.MERGE: "oui, modifier {names}",
        Act.ALTER: "oui, modifier {names}",
        Act.REPLACE: "oui, remplacer {names}",
    },
    anything="oui, faire tout cela",
    things={
        "table": "la table", "view": "la vue", "materialized view": "la vue matérialisée",
        "index": "l'index", "schema": "le schéma", "sequence": "la séquence", "type": "le type",
        "function": "la fonction", "procedure": "la procédure", "trigger": "le déclencheur",
        "extension": "l'extension", "database": "la base de données", "column": "la colonne",
        "role": "le rôle", "user": "l'utilisateur", "policy": "la règle", "thing": "l'objet",
    },
    plurals={
        "table": "les tables", "view": "les vues", "index": "les index", "schema": "les schémas",
        "sequence": "les séquences", "type": "les types", "function": "les fonctions",
        "trigger": "les déclencheurs", "extension": "les extensions",
    },
    query="lancer une requête",
    unnamed="quelque chose dont je ne peux pas dire le nom",
    in_schema="{name} dans le schéma {schema}",
    column="la colonne {columns}",
    columns="les colonnes {columns}",
    with_columns=", avec {columns}",
    cascade=", et tout ce qui en dépend",
    would="Cela reviendrait à {deeds}.",
    several="Cela ferait {count} choses : {deeds}.",
    more_deeds="{count} de plus",
    tool="Cela utiliserait {tool} du serveur {server}{arguments}.",
    arguments=", avec {arguments}",
    more_arguments="{count} autres valeurs",
    long_text="un texte de {count} caractères qui commence par {start}",
    many="{count} éléments",
    fields="{count} champs",
    nothing="rien",
    true="oui",
    false="non",
    ask="Dites « non » pour renoncer. Pour continuer, dites « {phrase} ».",
    ask_again="Je n'ai encore rien fait. Pour continuer, dites « {phrase} ».",
    yes="oui",
    and_="et",
    yeses=word_set("oui ouais ouaip"),
    plain_yeses=rows(
        "bien sûr", "bien sûr que oui", "mais bien sûr", "évidemment", "certainement", "absolument",
        "tout à fait", "exactement", "volontiers", "avec plaisir", "vas y", "allez y", "faites le",
        "fais le", "faites", "correct", "c'est ça", "affirmatif", "je confirme", "je le confirme", "confirmé",
    ),
    half_yeses=rows(
        "oui oui", "oui oui oui", "mais oui", "ah oui", "ben oui", "mouais", "bof", "si", "si si",
        "si vous voulez", "si tu veux", "pourquoi pas", "c'est bon", "yes",
    ),
    noes=word_set(
        "non nan ne pas jamais rien aucun aucune stop arrête arrêtez arrêter annule annulez annuler "
        "négatif no"
    ),
    refusals=rows(
        "laisse tomber", "laissez tomber", "laisse ça", "laissez ça", "oublie", "oubliez", "tant pis",
        "hors de question", "changé d'avis", "c'est bon laisse", "sans façon",
    ),
    doubts=word_set(
        "mais attends attendez attendre moment instant minute seconde peut si sinon quand avant d'abord "
        "premièrement sauf excepté seulement plutôt tard pense crois suppose dirais que qu'est qui quoi "
        "pourquoi comment combien quel quelle quels quelles où hein bof mouais pardon désolé désolée "
        "enfin presque jusqu'à après puis ensuite ou question lequel laquelle dépend encore hm hmm "
        "pourrait devrait"
    ),
    fillers=word_set(
        "euh heu ben bah eh oh alors donc bon ok okay d'accord merci s'il vous te plaît stp svp voilà "
        "bien très parfait"
    ),
    goes_with_yes=word_set(
        "vas allez y faites fais le la les l' un une des du de tout sûr absolument exactement je veux "
        "et avec table tables colonne colonnes ligne lignes dans à mes ma mon ça cela c'est confirme "
        "sûre certain certaine monsieur madame mademoiselle"
    ),
    same=same("""
        supprimer supprime supprimez supprimé supprimée supprimés
        créer crée créez créé créée
        modifier modifie modifiez modifié modifiée
        remplacer remplace remplacez remplacé
        ajouter ajoute ajoutez ajouté
        activer active activez activé
        exécuter exécute exécutez exécuté
    """),
    told={("je", "suis"): "sûr"},
)  # fmt: skip
