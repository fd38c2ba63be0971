DROP TABLE precedent_promotions;
DROP TABLE precedent_citations;
DROP TABLE precedent_versions;
DROP TABLE precedent_terms;
DROP TABLE precedents;
