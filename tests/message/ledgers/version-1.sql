BEGIN TRANSACTION;
CREATE TABLE cut (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        letter INTEGER NOT NULL REFERENCES letter(number),
        state TEXT NOT NULL,
        cause TEXT NOT NULL DEFAULT '',
        at_s REAL,
        blank INTEGER NOT NULL DEFAULT 0,
        stylus_s REAL NOT NULL DEFAULT 0
    );
INSERT INTO "cut" VALUES(1,1,'done','',1800000000.0,1,1.5);
INSERT INTO "cut" VALUES(2,2,'stopped','lid',1800000000.0,1,0.0);
CREATE TABLE fact (name TEXT PRIMARY KEY, value REAL NOT NULL);
INSERT INTO "fact" VALUES('blanks',11.0);
INSERT INTO "fact" VALUES('lived',0.0);
CREATE TABLE letter (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        reference TEXT UNIQUE,
        state TEXT NOT NULL,
        at_s REAL,
        lived_s REAL NOT NULL,
        seconds REAL,
        disc TEXT, speed_rpm REAL, level_db REAL, plan TEXT
    );
INSERT INTO "letter" VALUES(1,'05cd98a44f264100b398149b224ce4ec','handed over',1800000000.0,0.0,0.5,'xray-17',45.11,-2.0,'{"disc": "xray-17", "speed_rpm": 45.11, "level_db": -2.0}');
INSERT INTO "letter" VALUES(2,'ada0b8c74f6c4d71bb5a36a82936c515','kept',1800000000.0,0.0,0.5,NULL,NULL,NULL,NULL);
INSERT INTO "letter" VALUES(3,NULL,'forgotten',NULL,0.0,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE visit (id INTEGER PRIMARY KEY AUTOINCREMENT, at_s REAL, what TEXT NOT NULL);
INSERT INTO "visit" VALUES(1,1800000000.0,'walked away at load disc');
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('letter',3);
INSERT INTO "sqlite_sequence" VALUES('cut',2);
INSERT INTO "sqlite_sequence" VALUES('visit',1);
COMMIT;
PRAGMA user_version = 1;
